package io.hazelgate.engine.snapshot;

import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.wire.Json;
import java.util.List;
import java.util.Map;

/**
 * What a whole snapshot says of itself.
 *
 * @param position every event at or below it is in the snapshot
 * @param upTo no event above it is
 * @param events how many events of the log are at or below {@code position}
 * @param views by view, the fingerprints of all code that took part in it
 * @param json all of it, as it is kept
 */
public record Manifest(
        String id,
        String takenAt,
        String completedAt,
        long position,
        long upTo,
        long events,
        Map<String, List<String>> views,
        JsonObject json) {
    static Manifest of(byte[] json) {
        return of(Json.object(json));
    }

    static Manifest of(JsonObject json) {
        return new Manifest(
                json.getString("id", ""),
                json.getString("snapshotTimestamp", ""),
                json.getString("completedAt", ""),
                json.getLong("position", 0),
                json.getLong("upTo", 0),
                json.getLong("events", 0),
                Json.lists(json.get("views")),
                json);
    }

    public long entries() {
        long entries = 0;
        for (var part : json.get("parts").asArray()) {
            entries += part.asObject().getLong("entries", 0);
        }
        return entries;
    }

    /** What is sent before the parts are known: who keeps them fills the rest in. */
    static byte[] unfinished(
            String id,
            String cluster,
            String takenAt,
            long position,
            long upTo,
            long events,
            Map<String, List<String>> views) {
        return Json.bytes(new JsonObject()
                .add("id", id)
                .add("cluster", cluster)
                .add("snapshotTimestamp", takenAt)
                .add("completedAt", takenAt)
                .add("position", position)
                .add("upTo", upTo)
                .add("events", events)
                .add("views", Json.object(views))
                .add("parts", new JsonArray()));
    }
}
