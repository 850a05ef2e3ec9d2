package io.hazelgate.engine.restore;

import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;

/**
 * How an import stands, as the map {@code recovery} has it.
 *
 * @param empty whether it is known that there were no events: before that there is nothing to undo
 * @param cursor of the last event
 */
record ImportState(String id, boolean empty, long events, String cursor) {
    static ImportState of(String json) {
        if (json == null) {
            return null;
        }
        JsonObject object = Json.parse(json).asObject();
        return new ImportState(
                object.getString("id", ""),
                object.getBoolean("empty", false),
                object.getLong("events", 0),
                object.getString("cursor", ""));
    }

    static ImportState begun(String id) {
        return new ImportState(id, false, 0, "");
    }

    ImportState onNothing() {
        return new ImportState(id, true, events, cursor);
    }

    ImportState with(int more, String upTo) {
        return new ImportState(id, empty, events + more, upTo);
    }

    String toJson() {
        return new JsonObject()
                .add("id", id)
                .add("empty", empty)
                .add("events", events)
                .add("cursor", cursor)
                .toString();
    }
}
