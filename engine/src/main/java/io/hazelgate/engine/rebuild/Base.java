package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.snapshot.Manifest;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.List;
import java.util.Map;

/**
 * The snapshot that a rebuild goes on from, once it is loaded; on record beside the members' progress.
 *
 * @param position every event at or below it is in the targets
 * @param events how many those are
 * @param code by view, the fingerprints of all code that took part in the snapshot
 */
record Base(String snapshot, long position, long events, Map<String, List<String>> code) {
    static Base of(Manifest manifest) {
        return new Base(manifest.id(), manifest.position(), manifest.events(), manifest.views());
    }

    /** The base of a rebuild; null where it has none (yet). */
    static Base find(HazelcastInstance hazelcast, String rebuildId) {
        HazelcastJsonValue value = map(hazelcast).get(key(rebuildId));
        if (value == null) {
            return null;
        }
        JsonObject json = Json.object(value);
        return new Base(
                json.getString("snapshot", ""),
                json.getLong("position", 0),
                json.getLong("base", 0),
                Json.lists(json.get("code")));
    }

    void keep(HazelcastInstance hazelcast, String rebuildId) {
        // As a record of progress, of nobody.
        JsonObject json = new JsonObject()
                .add("events", 0)
                .add("cursors", new JsonObject())
                .add("snapshot", snapshot)
                .add("position", position)
                .add("base", events)
                .add("code", Json.object(code));
        map(hazelcast).set(key(rebuildId), new HazelcastJsonValue(json.toString()));
    }

    private static String key(String rebuildId) {
        return rebuildId + "/snapshot";
    }

    private static IMap<String, HazelcastJsonValue> map(HazelcastInstance hazelcast) {
        return hazelcast.getMap(Names.REBUILD_PROGRESS);
    }
}
