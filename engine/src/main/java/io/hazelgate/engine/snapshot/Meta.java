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

    /** Up to which position of a lane it has seen events. */
    long applied(int lane) {
        JsonValue applied = json.get("applied");
        return applied == null ? -1 : applied.asObject().getLong(String.valueOf(lane), -1);
    }
}
