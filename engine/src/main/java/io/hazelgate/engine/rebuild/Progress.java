package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.partition.IPartition;
import com.hazelcast.internal.partition.IPartitionService;
import com.hazelcast.jet.impl.util.Util;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.log.StoredEvent;
import io.hazelgate.engine.wire.JsonRecords;
import io.hazelgate.engine.wire.Names;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How far each partition's events are folded. Every member keeps what it has done on record, so that whoever has a partition after
 * it begins where it ended.
 *
 * <p>It is about the partitions that are held here when it begins. One that moves away is as far as this member had read it, and not
 * as far as the member reads on without it; one that comes is somebody else's until there is another progress.
 */
final class Progress {
    private final IMap<String, HazelcastJsonValue> map;
    private final String key;
    private final IPartitionService partitions;
    private final Map<Integer, String> done = new HashMap<>();
    private final Map<Integer, String> mine = new HashMap<>();
    /** What this member has read of partitions that it no longer holds. */
    private final Map<Integer, String> left = new HashMap<>();

    private long events;
    private long saves;
    private String start;

    /** @param beginning the cursor of the last event that is in the targets from the beginning */
    Progress(HazelcastInstance hazelcast, String rebuildId, String beginning) {
        map = hazelcast.getMap(Names.REBUILD_PROGRESS);
        partitions = Util.getNodeEngine(hazelcast).getPartitionService();
        Set<Integer> held = held();
        key = rebuildId + '/' + hazelcast.getCluster().getLocalMember().getUuid();
        parts(map, rebuildId).forEach((whose, part) -> {
            boolean own = whose.equals(key);
            events = own ? part.events : events;
            saves = own ? part.saves : saves;
            part.cursors.forEach((id, cursor) -> {
                int partition = Integer.parseInt(id);
                done.merge(partition, cursor, Progress::later);
                if (own && !held.contains(partition)) {
                    left.put(partition, cursor);
                }
            });
        });
        for (int partition : held) {
            // A lane is as far as whoever had it before has come.
            String from = done.computeIfAbsent(partition, id -> beginning);
            mine.put(partition, from);
            start = start == null || from.compareTo(start) < 0 ? from : start;
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

    /** The partitions whose events are all to be found here: one that comes or goes has its index made, or no longer has it. */
    private Set<Integer> held() {
        Set<Integer> held = new HashSet<>();
        for (int id = 0; id < partitions.getPartitionCount(); id++) {
            IPartition partition = partitions.getPartition(id);
            if (partition.isLocal() && !partition.isMigrating()) {
                held.add(id);
            }
        }
        return held;
    }

    /** Whether this member holds what it held when this began. What was read before it is asked, and then not, may lack events. */
    boolean isCurrent() {
        return held().equals(mine.keySet());
    }

    /** Whether an event is for this member to fold: of a partition of its own, and not folded before it began. */
    boolean takes(StoredEvent event) {
        String before = mine.containsKey(partitionOf(event)) ? done.get(partitionOf(event)) : null;
        return before != null && event.cursor().compareTo(before) > 0;
    }

    private int partitionOf(StoredEvent event) {
        return event.lane() % partitions.getPartitionCount();
    }

    /** Everything up to that cursor is folded, and written. */
    void reached(String cursor, int folded) {
        events += folded;
        mine.replaceAll((partition, before) -> later(before, cursor));
    }

    /** @param caughtUp whether there was little left to read */
    void save(boolean caughtUp) {
        Map<String, String> cursors = new HashMap<>();
        left.forEach((partition, cursor) -> cursors.put(String.valueOf(partition), cursor));
        mine.forEach((partition, cursor) -> cursors.put(String.valueOf(partition), cursor));
        Part part = new Part(events, ++saves, caughtUp, cursors);
        map.set(key, new HazelcastJsonValue(JsonRecords.toJson(part).toString()));
    }

    /** How many events all members have folded. */
    static long eventsOf(HazelcastInstance hazelcast, String rebuildId) {
        return parts(hazelcast.getMap(Names.REBUILD_PROGRESS), rebuildId).values().stream()
                .mapToLong(Part::events)
                .sum();
    }

    /** Whether every member of the cluster has said just now that it has little left to read. */
    static boolean allCaughtUp(HazelcastInstance hazelcast, String rebuildId, CaughtUp caughtUp) {
        Map<String, CaughtUp.Said> said = new HashMap<>();
        parts(hazelcast.getMap(Names.REBUILD_PROGRESS), rebuildId)
                .forEach((whose, part) -> said.put(whose, new CaughtUp.Said(part.saves, part.caughtUp)));
        List<String> members = hazelcast.getCluster().getMembers().stream()
                .map(member -> rebuildId + '/' + member.getUuid())
                .toList();
        return caughtUp.areAll(members, said, System.nanoTime());
    }

    static void forget(HazelcastInstance hazelcast, String rebuildId) {
        IMap<String, HazelcastJsonValue> map = hazelcast.getMap(Names.REBUILD_PROGRESS);
        parts(map, rebuildId).keySet().forEach(map::delete);
    }

    private static Map<String, Part> parts(IMap<String, HazelcastJsonValue> map, String rebuildId) {
        Map<String, Part> parts = new HashMap<>();
        for (Map.Entry<String, HazelcastJsonValue> entry : map.entrySet()) {
            if (entry.getKey().startsWith(rebuildId + '/')) {
                parts.put(entry.getKey(), JsonRecords.of(Part.class, entry.getValue()));
            }
        }
        return parts;
    }

    /**
     * What one member has done.
     *
     * @param saves how often it has said something
     * @param caughtUp whether it had little left to read then
     * @param cursors by partition, how far its events are folded
     */
    private record Part(long events, long saves, boolean caughtUp, Map<String, String> cursors) {}
}
