package io.hazelgate.engine.live;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import com.hazelcast.partition.Partition;
import com.hazelcast.query.Predicates;
import io.hazelgate.engine.lanes.Lanes;
import io.hazelgate.engine.log.KnownEvents;
import io.hazelgate.engine.log.LogAway;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Entries.Fence;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import io.hazelgate.engine.wire.PartitionKeys;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * The lanes that one run of the pipeline on this member owns: only their owner stores events in them.
 *
 * <p>A run that was left behind (its member hung and was evicted, its lanes moved, its job was started anew) is refused at the
 * store. Whoever takes a lane over puts in front what the one before it has stored and not yet completed; that is still pending.
 * So an entry's mark never passes a stored event that has not reached the entry.
 */
final class OwnedLanes implements Fence {
    private final Store store;
    private final Lanes lanes;
    private final HazelcastInstance hazelcast;
    private final String[] keys;
    private final int firstLane;
    private final UUID run = UUID.randomUUID();
    private final byte[] owner;
    private final Set<Integer> owned = ConcurrentHashMap.newKeySet();
    /** Taken by the batch under way, which has not written yet what an earlier owner left there. */
    private final Set<Integer> justTaken = ConcurrentHashMap.newKeySet();

    /**
     * @param pipeline each pipeline has its own lanes in a partition
     * @param firstLane the number of its lane in the first partition
     */
    OwnedLanes(Shared shared, String pipeline, int firstLane) {
        store = shared.store();
        lanes = shared.lanes();
        this.firstLane = firstLane;
        hazelcast = store.hazelcast();
        keys = PartitionKeys.of(hazelcast, pipeline);
        owner = ("{\"member\":\"" + hazelcast.getCluster().getLocalMember().getUuid() + "\",\"run\":\"" + run + "\"}")
                .getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String keyOf(int partition) {
        return keys[partition];
    }

    @Override
    public byte[] owner() {
        return owner;
    }

    Set<Integer> here() {
        return hazelcast.getPartitionService().getPartitions().stream()
                .filter(each -> each.getOwner() != null && each.getOwner().localMember())
                .map(Partition::getPartitionId)
                .collect(Collectors.toSet());
    }

    /** The partitions of these events that are not owned (any more). */
    Set<Integer> missing(List<Received> events) {
        return events.stream()
                .map(event -> event.partition(lanes))
                .filter(partition -> !owned.contains(partition))
                .collect(Collectors.toSet());
    }

    UUID run() {
        return run;
    }

    /** Whether the lane in this partition is this run's, as far as it knows. */
    boolean owns(int partition) {
        return owned.contains(partition);
    }

    /** The runs that own lanes by what {@code lane-owners} says, by the keys that these lanes have there. */
    static Map<String, String> runsOf(Store store, Collection<String> laneKeys) {
        Map<String, String> runs = new HashMap<>();
        store.entries()
                .read(Names.LANE_OWNERS, laneKeys)
                .join()
                .forEach((key, owner) -> runs.put(key, owner == null ? "" : Json.stringField(owner, "run")));
        return runs;
    }

    /**
     * From now on nobody else stores in them, and positions in them go on above what was given out before.
     *
     * <p>First in the cluster: a side that has no quorum gets no further, and takes nothing from the other in the log.
     */
    void take(Collection<Integer> partitions) {
        List<Change> changes = new ArrayList<>();
        partitions.forEach(partition -> changes.add(Change.set(keys[partition], owner)));
        store.entries().change(Names.LANE_OWNERS, changes).join();
        store.log().own(partitions.stream().map(each -> firstLane + each).toList(), run);
        lanes.learnAnew();
        owned.addAll(partitions);
    }

    /**
     * Takes over the lanes that a batch needs and that are not owned yet.
     *
     * @return the records that the owner before has stored and not completed, in the order of storing: they are still pending, and go in
     *     front of the batch
     */
    List<byte[]> takeFor(List<Received> events, EventTypes eventTypes) {
        Set<Integer> missing = missing(events);
        if (missing.isEmpty()) {
            return List.of();
        }
        Set<String> ids = Received.idsOf(events);
        justTaken.addAll(missing);
        take(missing);
        List<String> pending = pendingKeys(missing).stream()
                .map(Names::eventIdOf)
                .filter(eventId -> !ids.contains(eventId))
                .toList();
        try {
            return pending.stream()
                    .map(KnownEvents.whole(store.entries(), store.log(), pending)::storedRecord)
                    .filter(record -> record != null && eventTypes.receives(Json.stringField(record, "eventType")))
                    .sorted(Comparator.comparing(record -> Json.stringField(record, "cursor")))
                    .toList();
        } catch (LogAway e) {
            // Not ours before it is known what was stored in them.
            missing.forEach(this::lose);
            throw e;
        }
    }

    /** The batch that has taken lanes is through, and so is what it found there. */
    void settled() {
        justTaken.clear();
    }

    /** The partitions on this member in which an earlier owner may have left something that is not in the views. */
    Set<Integer> unsettled() {
        Set<Integer> found = here();
        found.removeAll(owned);
        found.addAll(justTaken);
        return found;
    }

    void lose(int partition) {
        owned.remove(partition);
    }

    void loseLanes(Collection<Integer> lost) {
        lost.forEach(lane -> owned.remove(lane - firstLane));
    }

    /** The keys of what is pending there, whoever holds the partitions. */
    Set<String> pendingKeys(Collection<Integer> partitions) {
        IMap<String, HazelcastJsonValue> pending = hazelcast.getMap(Names.PENDING_EVENTS);
        Set<String> found = new HashSet<>();
        for (int partition : partitions) {
            found.addAll(pending.keySet(Predicates.partitionPredicate(keys[partition], Predicates.alwaysTrue())));
        }
        return found;
    }
}
