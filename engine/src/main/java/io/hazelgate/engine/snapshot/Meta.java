package io.hazelgate.engine.snapshot;

import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;

/** What an entry's {@code _meta} says. */
record Meta(JsonObject json) {
    static String text(byte[] entry) {
        return new String(entry, StandardCharsets.UTF_8);
    }

    static Meta of(String entry) {
        JsonValue meta = Json.parse(entry).asObject().get("_meta");
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
        if (ofLane != null) {
            for (JsonValue each : ofLane.asArray()) {
                if (each.asLong() == position) {
                    return true;
                }
            }
        }
        return false;
    }
}
