package io.hazelgate.engine.views;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;

/**
 * Where a view's entries are.
 *
 * @param live the map that is read and written
 * @param previous the map that was live before, kept for a rollback; null where there is none
 * @param previousPosition up to where {@code previous} has every event
 * @param builtAt when {@code live} became the live one, ISO 8601; null where that is since the first event
 * @param incomplete the view is younger than the log, and has not been built from it yet
 */
public record Generation(String live, String previous, long previousPosition, String builtAt, boolean incomplete) {
    /** The first generation has the view's own name. */
    static Generation first(String view, boolean incomplete) {
        return new Generation(view, null, 0, null, incomplete);
    }

    /** The one that follows, with this one kept. */
    public Generation next(String map, long position, String at) {
        return new Generation(map, live, position, at, false);
    }

    public Generation withoutPrevious() {
        return new Generation(live, null, 0, builtAt, incomplete);
    }

    static Generation of(String view, HazelcastJsonValue value) {
        JsonObject json = Json.parse(value.getValue()).asObject();
        return new Generation(
                json.getString("live", view),
                text(json, "previous"),
                json.getLong("previousPosition", 0),
                text(json, "builtAt"),
                json.getBoolean("incomplete", false));
    }

    private static String text(JsonObject json, String name) {
        JsonValue value = json.get(name);
        return value == null || value.isNull() ? null : value.asString();
    }

    public JsonObject toJson() {
        JsonObject json = new JsonObject().add("live", live);
        if (previous != null) {
            json.add("previous", previous).add("previousPosition", previousPosition);
        }
        if (builtAt != null) {
            json.add("builtAt", builtAt);
        }
        return incomplete ? json.add("incomplete", true) : json;
    }
}
