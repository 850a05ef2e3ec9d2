package io.hazelgate.engine;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import com.hazelcast.partition.MigrationListener;
import com.hazelcast.partition.MigrationState;
import com.hazelcast.partition.PartitionService;
import com.hazelcast.partition.ReplicaMigrationEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Gives every event its lane (a partition) and a position in it.
 *
 * <p>Positions follow the clock, in microseconds, and never go back within a lane, whichever member gives them: the highest
 * one that may have been given out is kept in the map {@code lanes}, a second ahead, so that a lane's next owner starts above it
 * even when its clock is behind. Not every position is used.
 */
public final class Lanes {
    private static final long AHEAD_MICROS = 1_000_000;

    private final PartitionService partitions;
    private final IMap<Integer, Long> bounds;
    /** Per lane, up to where this member may give out positions; 0 where it must ask the map first. */
    private final AtomicLongArray reserved;

    private long last;

    public Lanes(HazelcastInstance hazelcast) {
        partitions = hazelcast.getPartitionService();
        bounds = hazelcast.getMap(Names.LANES);
        reserved = new AtomicLongArray(partitions.getPartitions().size());
        partitions.addMigrationListener(new Forgetting());
    }

    /** The lane of an aggregate: the partition that holds its pending events, its records and its own view entries. */
    public int laneOf(String pendingKey) {
        return partitions
                .getPartition(pendingKey.substring(pendingKey.indexOf('@') + 1))
                .getPartitionId();
    }

    /** The member that holds a lane. */
    public Member ownerOf(String pendingKey) {
        return partitions
                .getPartition(pendingKey.substring(pendingKey.indexOf('@') + 1))
                .getOwner();
    }

    /** One position for each of the lanes, in their order, strictly growing. */
    public synchronized long[] next(int[] lanes) {
        last = Math.max(last, Clock.micros());
        learnBounds(lanes);
        long[] positions = new long[lanes.length];
        List<CompletionStage<?>> writes = new ArrayList<>();
        long highest = last + lanes.length;
        for (int i = 0; i < lanes.length; i++) {
            positions[i] = ++last;
            if (reserved.get(lanes[i]) < highest) {
                long bound = highest + AHEAD_MICROS;
                reserved.set(lanes[i], bound);
                writes.add(bounds.setAsync(lanes[i], bound));
            }
        }
        join(writes);
        return positions;
    }

    private void learnBounds(int[] lanes) {
        List<CompletionStage<Long>> reads = new ArrayList<>();
        for (int lane : lanes) {
            if (reserved.compareAndSet(lane, 0, 1)) {
                reads.add(bounds.getAsync(lane));
            }
        }
        try {
            for (CompletionStage<Long> read : reads) {
                Long bound = read.toCompletableFuture().join();
                last = Math.max(last, bound == null ? 0 : bound);
            }
        } catch (RuntimeException e) {
            for (int lane : lanes) {
                reserved.compareAndSet(lane, 1, 0);
            }
            throw e;
        }
    }

    private void join(List<CompletionStage<?>> writes) {
        try {
            for (CompletionStage<?> write : writes) {
                write.toCompletableFuture().join();
            }
        } catch (RuntimeException e) {
            for (int i = 0; i < reserved.length(); i++) {
                reserved.set(i, 0);
            }
            throw e;
        }
    }

    /** A lane that moved away and comes back has been in other hands: its bound must be read again. */
    private final class Forgetting implements MigrationListener {
        @Override
        public void migrationStarted(MigrationState state) {}

        @Override
        public void migrationFinished(MigrationState state) {}

        @Override
        public void replicaMigrationCompleted(ReplicaMigrationEvent event) {
            if (event.getReplicaIndex() == 0) {
                reserved.set(event.getPartitionId(), 0);
            }
        }

        @Override
        public void replicaMigrationFailed(ReplicaMigrationEvent event) {
            reserved.set(event.getPartitionId(), 0);
        }
    }
}
