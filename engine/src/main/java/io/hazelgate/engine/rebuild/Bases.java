package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.snapshot.Manifest;
import io.hazelgate.engine.snapshot.SnapshotUnusable;
import io.hazelgate.engine.snapshot.Snapshots;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Puts rebuilds on the snapshots that they go on from. */
public record Bases(HazelcastInstance hazelcast, Snapshots snapshots, RebuildRecords records) {

    /**
     * The rebuild with the position that its targets start at; null while the snapshot that it goes on from is not loaded. Whoever leads
     * loads it: of those named the first that is whole.
     */
    Rebuild onItsBase(Rebuild rebuild, boolean leads) {
        if (rebuild.snapshots().isEmpty()) {
            return rebuild;
        }
        Base base = Base.find(hazelcast, rebuild.id());
        if (base == null && leads) {
            base = load(rebuild);
        }
        return base == null ? null : rebuild.from(base.position());
    }

    private Base load(Rebuild rebuild) {
        Map<String, String> maps = new LinkedHashMap<>(rebuild.targets());
        maps.put(Names.DEAD_LETTER_EVENTS, rebuild.lettersMap());
        String problem = "";
        ILogger log = hazelcast.getLoggingService().getLogger(Bases.class);
        for (String snapshot : rebuild.snapshots()) {
            try {
                long begun = Clock.micros();
                Manifest manifest = snapshots.load(snapshot, maps, () -> records.isRunning(rebuild.id()));
                Base base = Base.of(manifest);
                base.keep(hazelcast, rebuild.id());
                log.info("rebuild " + rebuild.id() + " begins with snapshot " + snapshot + ", loaded in "
                        + (Clock.micros() - begun) / 1_000 + " ms");
                return base;
            } catch (SnapshotUnusable e) {
                problem = e.getMessage();
                if (!records.isRunning(rebuild.id())) {
                    return null;
                }
                log.warning("rebuild " + rebuild.id() + ": " + problem);
                // Nothing of it may stay.
                maps.values().forEach(map -> hazelcast.getMap(map).destroy());
            }
        }
        records.end(rebuild, Rebuild.Status.FAILED, problem + ". Build the views without it: from the first event", 0);
        return null;
    }

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
}
