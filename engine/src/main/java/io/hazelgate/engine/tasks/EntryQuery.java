package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import io.hazelgate.engine.index.Range;
import io.hazelgate.engine.wire.Json;
import java.util.List;

/**
 * A request of {@link QueryEntries}: ranges of an index, what else must hold, and how many entries are wanted.
 *
 * @param filter null: entries may be like anything
 * @param maxScanned how many entries may be looked at for the filter
 * @param selection null: entries are answered as they are
 */
record EntryQuery(
        String map,
        String index,
        List<KeyRange> ranges,
        boolean descending,
        int limit,
        boolean count,
        EntryFilter filter,
        long maxScanned,
        Selection selection) {

    static EntryQuery parse(JsonObject request) {
        String selection = Json.text(request, "selection");
        return new EntryQuery(
                request.get("map").asString(),
                Json.text(request, "index"),
                KeyRange.parse(request),
                request.getBoolean("descending", false),
                request.getInt("limit", 0),
                request.getBoolean("count", false),
                filter(request),
                maxScanned(request),
                selection == null ? null : Selection.of(selection));
    }

    static EntryFilter filter(JsonObject request) {
        return request.get("filter") instanceof JsonObject filter ? EntryFilter.parse(filter) : null;
    }

    static long maxScanned(JsonObject request) {
        JsonValue most = request.get("maxScanned");
        return most == null || most.isNull() ? Long.MAX_VALUE : most.asLong();
    }

    /** The same without the filter. */
    EntryQuery unfiltered() {
        return new EntryQuery(map, index, ranges, descending, limit, count, null, maxScanned, selection);
    }

    /** The same for entries as they are. */
    EntryQuery whole() {
        return new EntryQuery(map, index, ranges, descending, limit, count, filter, maxScanned, null);
    }

    /** The ranges in the order in which they are read. */
    List<KeyRange> inOrder() {
        return KeyRange.inOrder(ranges, descending);
    }

    List<Range> walked() {
        return inOrder().stream().map(each -> each.walked(descending)).toList();
    }

    /** @param key in UTF-8 */
    boolean inBounds(byte[] key) {
        return ranges.stream().anyMatch(each -> each.holds(key));
    }
}
