package io.hazelgate.engine.lanes;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.util.HashUtil;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import com.hazelcast.partition.MigrationListener;
import com.hazelcast.partition.MigrationState;
import com.hazelcast.partition.Partition;
import com.hazelcast.partition.PartitionService;
import com.hazelcast.partition.ReplicaMigrationEvent;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.KeyData;
import io.hazelgate.engine.wire.Names;
import java.util.concurrent.TimeUnit;

/**
 * Gives every event its lane (a partition) and a position in it.
 *
 * <p>Positions follow the clock, in microseconds, and never go back within a lane, whichever member gives them: each member keeps
 * in the map {@code positions} up to where it may go, and a member that gets a lane starts above what any member may have given out,
 * even when its clock is behind. Not every position is used.
 */
public final class Lanes {
    private static final long AHEAD_MICROS = TimeUnit.SECONDS.toMicros(2);
    private static final long FORGOTTEN_AFTER_MICROS = TimeUnit.DAYS.toMicros(1);

    private final Partition[] partitions;
    private final IMap<String, Long> bounds;
    private final String here;
    private final ILogger log;

    private long last;
    /** Up to where positions may be given out; what the map says, or less. */
    private long bound;
    /** Whether lanes may have come from another member since the bounds of all were read. */
    private volatile boolean moved = true;

    public Lanes(HazelcastInstance hazelcast) {
        PartitionService service = hazelcast.getPartitionService();
        partitions = new Partition[service.getPartitions().size()];
        service.getPartitions().forEach(partition -> partitions[partition.getPartitionId()] = partition);
        bounds = hazelcast.getMap(Names.POSITIONS);
        log = hazelcast.getLoggingService().getLogger(Lanes.class);
        here = hazelcast.getCluster().getLocalMember().getUuid().toString();
        service.addMigrationListener(new Watch());
    }

    /** The lane of an aggregate: the partition that holds its pending events, its records and its own view entries. */
    public int laneOf(String pendingKey) {
        return partitionOf(pendingKey).getPartitionId();
    }

    /** The partition of an aggregate's lane, with the member that owns it; nobody for a moment while members come and go. */
    public Partition partitionOf(String pendingKey) {
        return partitions[HashUtil.hashToIndex(KeyData.ofLane(pendingKey).getPartitionHash(), partitions.length)];
    }

    public synchronized long[] next(int count) {
        reach(count);
        long[] positions = new long[count];
        for (int i = 0; i < count; i++) {
            positions[i] = ++last;
        }
        return positions;
    }

    /**
     * The last position that was given out here. Before the first, one that all given out so far are at or below, by any member; 0
     * where that can't be known just now.
     */
    public synchronized long given() {
        if (last == 0) {
            try {
                return reached();
            } catch (RuntimeException e) {
                log.fine("the members' positions are not known yet: nothing counts as settled", e);
                last = 0;
            }
        }
        return last;
    }

    /** A position that every one given out so far is at or below, and every later one above. */
    public synchronized long reached() {
        reach(0);
        return last;
    }

    /** The same, not below what another member has reached: a member whose clock is behind holds up nobody who waits for all. */
    public synchronized long reached(long elsewhere) {
        last = Math.max(last, elsewhere);
        return reached();
    }

    private void reach(int count) {
        last = Math.max(last, Clock.micros());
        if (moved) {
            moved = false;
            learn();
        }
        if (bound < last + count) {
            reserve(last + count);
        }
    }

    /** A lane was taken over: the next positions are above what any member may have given out until now. */
    public void learnAnew() {
        moved = true;
    }

    /** No position up to this one is given out by any member: the log has events there. */
    public synchronized void continueBehind(long position) {
        bounds.set("log", position);
        moved = true;
    }

    /** Moves the bound on before it is reached, so that no event has to wait for that. */
    public synchronized void look() {
        long now = Clock.micros();
        if (bound > 0 && bound - Math.max(last, now) < AHEAD_MICROS / 2) {
            reserve(Math.max(last, now));
        }
    }

    private void reserve(long reached) {
        long next = reached + AHEAD_MICROS;
        bounds.set(here, next);
        bound = next;
    }

    private void learn() {
        try {
            for (var entry : bounds.entrySet()) {
                last = Math.max(last, entry.getValue());
                if (entry.getValue() < Clock.micros() - FORGOTTEN_AFTER_MICROS) {
                    bounds.delete(entry.getKey());
                }
            }
        } catch (RuntimeException e) {
            moved = true;
            throw e;
        }
    }

    /** A lane that comes here has been in other hands. */
    private final class Watch implements MigrationListener {
        @Override
        public void migrationStarted(MigrationState state) {}

        @Override
        public void migrationFinished(MigrationState state) {
            moved = true;
        }

        @Override
        public void replicaMigrationCompleted(ReplicaMigrationEvent event) {
            if (event.getReplicaIndex() == 0) {
                moved = true;
            }
        }

        @Override
        public void replicaMigrationFailed(ReplicaMigrationEvent event) {
            moved = true;
        }
    }
}
