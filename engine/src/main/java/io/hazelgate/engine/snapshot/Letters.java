package io.hazelgate.engine.snapshot;

import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import com.hazelcast.internal.json.ParseException;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Json;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * Which of a snapshot's dead letters belong to its entries.
 *
 * <p>A letter is wanted where the loaded entry is blocked by it, or could not even be read. Any other was resolved before its entry was
 * read, or was opened after that, and then folding what comes after the snapshot opens it again.
 *
 * @param mapOf where a view was loaded to; null for a view that was not
 * @param position the snapshot's
 */
record Letters(Entries entries, UnaryOperator<String> mapOf, long position) {
    /** What a letter has for a projection when its event could not be read at all: it blocks nothing. */
    static final String ANY = "*";

    List<Change> wanted(List<Change> letters) {
        return letters.stream().filter(this::isWanted).toList();
    }

    private boolean isWanted(Change letter) {
        JsonObject json = Json.object(letter.json());
        String projection = json.getString("projection", "");
        if (projection.equals(ANY)) {
            return true;
        }
        String map = mapOf.apply(projection);
        if (map == null) {
            return false;
        }
        String key = json.getString("entryKey", "");
        Map<String, byte[]> there = entries.read(map, List.of(key)).join();
        byte[] entry = there.get(key);
        if (entry == null) {
            return false;
        }
        long of = json.getLong("position", Long.MAX_VALUE);
        try {
            Meta meta = Meta.of(Meta.text(entry));
            boolean unseen = of <= position && !meta.hasSeen(json.getInt("lane", 0), of);
            return unseen || meta.letters().contains(letter.key());
        } catch (ParseException e) {
            return of <= position;
        }
    }

    /** What an entry's {@code _meta} says. */
    record Meta(JsonObject json) {
        static String text(byte[] entry) {
            return Json.text(entry);
        }

        static Meta of(String entry) {
            JsonValue meta = Json.object(entry).get("_meta");
            return new Meta(meta == null ? new JsonObject() : meta.asObject());
        }

        /** The dead letters that events of some aggregates wait behind. */
        Set<String> letters() {
            Set<String> letters = new TreeSet<>();
            JsonValue blocked = json.get("blocked");
            if (blocked != null && blocked.isObject()) {
                blocked.asObject()
                        .forEach(aggregate -> letters.add(aggregate.getValue().asString()));
            }
            return letters;
        }

        /** Whether it has seen an event: up to its mark in the lane, or ahead of that. */
        boolean hasSeen(int lane, long position) {
            JsonValue applied = json.get("applied");
            if (applied != null && applied.asObject().getLong(String.valueOf(lane), -1) >= position) {
                return true;
            }
            JsonValue ahead = json.get("ahead");
            JsonValue ofLane =
                    ahead == null || ahead.isNull() ? null : ahead.asObject().get(String.valueOf(lane));
            return ofLane != null && ofLane.asArray().values().stream().anyMatch(each -> each.asLong() == position);
        }
    }
}
