package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import io.hazelgate.engine.index.Range;
import io.hazelgate.engine.wire.Json;
import java.util.ArrayList;
import java.util.List;

/** A request of {@link QueryEntries}: a range of an index, what else must hold, and how many entries are wanted. */
record EntryQuery(
        String map,
        String index,
        String from,
        boolean fromInclusive,
        String to,
        boolean toInclusive,
        boolean descending,
        int limit,
        boolean count,
        List<EntryFilter> filters) {

    static EntryQuery parse(JsonObject request) {
        List<EntryFilter> filters = new ArrayList<>();
        JsonValue filter = request.get("filter");
        if (filter != null && filter.isArray()) {
            filter.asArray().forEach(condition -> filters.add(EntryFilter.parse(condition.asObject())));
        }
        return new EntryQuery(
                request.get("map").asString(),
                Json.text(request, "index"),
                Json.text(request, "from"),
                request.getBoolean("fromInclusive", true),
                Json.text(request, "to"),
                request.getBoolean("toInclusive", true),
                request.getBoolean("descending", false),
                request.getInt("limit", 0),
                request.getBoolean("count", false),
                filters);
    }

    Range range() {
        return Range.of(from, fromInclusive, to, toInclusive, descending);
    }

    boolean isBounded() {
        return from != null || to != null;
    }

    boolean inBounds(String value) {
        if (from != null && (fromInclusive ? value.compareTo(from) < 0 : value.compareTo(from) <= 0)) {
            return false;
        }
        return to == null || (toInclusive ? value.compareTo(to) <= 0 : value.compareTo(to) < 0);
    }

    boolean matches(String entry) {
        if (filters.isEmpty()) {
            return true;
        }
        JsonObject parsed = com.hazelcast.internal.json.Json.parse(entry).asObject();
        return filters.stream().allMatch(filter -> filter.matches(parsed));
    }
}
