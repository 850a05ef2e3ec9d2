package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.map.IMap;
import com.hazelcast.partition.Partition;
import io.hazelgate.engine.Clock;
import io.hazelgate.engine.Names;
import java.util.HashMap;
import java.util.Map;

/**
 * How far each partition's events are folded. Every member keeps what it has done on record, so that whoever has a partition after
 * it begins where it ended.
 */
final class Progress {
    private static final long FRESH_MICROS = 3_000_000;

    private final IMap<String, HazelcastJsonValue> map;
    private final String key;
    private final int partitionCount;
    private final Map<Integer, String> done = new HashMap<>();
    private final Map<Integer, String> mine = new HashMap<>();
    private long events;
    private String start;

    /** @param beginning the cursor of the last event that is in the targets from the beginning */
    Progress(HazelcastInstance hazelcast, String rebuildId, String beginning) {
        map = hazelcast.getMap(Names.REBUILD_PROGRESS);
        String prefix = rebuildId + '/';
        partitionCount = hazelcast.getPartitionService().getPartitions().size();
        key = prefix + hazelcast.getCluster().getLocalMember().getUuid();
        for (Map.Entry<String, HazelcastJsonValue> entry : map.entrySet()) {
            if (entry.getKey().startsWith(prefix)) {
                JsonObject record = Json.parse(entry.getValue().getValue()).asObject();
                boolean own = entry.getKey().equals(key);
                events = own ? record.getLong("events", 0) : events;
                record.get("cursors").asObject().forEach(member -> {
                    int partition = Integer.parseInt(member.getName());
                    done.merge(partition, member.getValue().asString(), Progress::later);
                    if (own) {
                        mine.put(partition, member.getValue().asString());
                    }
                });
            }
        }
        for (Partition partition : hazelcast.getPartitionService().getPartitions()) {
            if (partition.getOwner() != null && partition.getOwner().localMember()) {
                // A lane is as far as whoever had it before has come.
                String from = done.computeIfAbsent(partition.getPartitionId(), id -> beginning);
                mine.put(partition.getPartitionId(), from);
                start = start == null || from.compareTo(start) < 0 ? from : start;
            }
        }
        start = start == null ? beginning : start;
    }

    private static String later(String one, String other) {
        return one.compareTo(other) >= 0 ? one : other;
    }

    /** Where to begin to read. */
    String start() {
        return start;
    }

    /** Whether an event was folded before this member began. */
    boolean has(EventLog.StoredEvent event) {
        String before = done.get(event.lane() % partitionCount);
        return before != null && event.cursor().compareTo(before) <= 0;
    }

    /** Everything up to that cursor is folded, and written. */
    void reached(String cursor, int folded) {
        events += folded;
        mine.replaceAll((partition, before) -> later(before, cursor));
    }

    /** @param caughtUp whether there was little left to read */
    void save(boolean caughtUp) {
        JsonObject cursors = new JsonObject();
        mine.forEach((partition, cursor) -> cursors.add(String.valueOf(partition), cursor));
        JsonObject record = new JsonObject()
                .add("events", events)
                .add("caughtUpAt", caughtUp ? Clock.micros() : 0)
                .add("cursors", cursors);
        map.set(key, new HazelcastJsonValue(record.toString()));
    }

    /** How many events all members have folded. */
    static long eventsOf(IMap<String, HazelcastJsonValue> map, String rebuildId) {
        return records(map, rebuildId).values().stream()
                .mapToLong(record -> record.getLong("events", 0))
                .sum();
    }

    /** Whether every member of the cluster has said just now that it has little left to read. */
    static boolean allCaughtUp(HazelcastInstance hazelcast, String rebuildId) {
        Map<String, JsonObject> records = records(hazelcast.getMap(Names.REBUILD_PROGRESS), rebuildId);
        long since = Clock.micros() - FRESH_MICROS;
        return hazelcast.getCluster().getMembers().stream().allMatch(member -> {
            JsonObject record = records.get(rebuildId + '/' + member.getUuid());
            return record != null && record.getLong("caughtUpAt", 0) > since;
        });
    }

    static void forget(IMap<String, HazelcastJsonValue> map, String rebuildId) {
        records(map, rebuildId).keySet().forEach(map::delete);
    }

    private static Map<String, JsonObject> records(IMap<String, HazelcastJsonValue> map, String rebuildId) {
        Map<String, JsonObject> records = new HashMap<>();
        for (Map.Entry<String, HazelcastJsonValue> entry : map.entrySet()) {
            if (entry.getKey().startsWith(rebuildId + '/')) {
                records.put(
                        entry.getKey(), Json.parse(entry.getValue().getValue()).asObject());
            }
        }
        return records;
    }
}
