package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstance;
import io.hazelgate.engine.log.EventLog;
import io.hazelgate.engine.log.LogPage;
import io.hazelgate.engine.log.PostgresEventLog;
import io.hazelgate.engine.rebuild.Bases.Base;
import io.hazelgate.engine.wire.Names;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/** The stored events of this member's lanes, in the order of their cursors. */
public record OwnedEvents(HazelcastInstance hazelcast, EventLog log) {
    /** Before every event. */
    static final String BEGINNING = "";
    /** Lanes may also be of pipelines that are no longer configured. */
    private static final int MAX_PIPELINES = 16;

    /**
     * The next events.
     *
     * @param after the cursor that they come after
     * @param upToPosition the last position that they may have: what lies above may not be stored as a whole yet
     * @return at most so many events
     */
    LogPage read(String after, long upToPosition, int maxEvents, int maxBytes) {
        return log.read(ownLanes(), after, EventLog.cursorAfter(upToPosition), maxEvents, maxBytes);
    }

    /** Null for all that the log shows this member. */
    private Set<Integer> ownLanes() {
        if (!log.isDurable() || hazelcast.getCluster().getMembers().size() == 1) {
            return null;
        }
        var partitions = hazelcast.getPartitionService().getPartitions();
        Set<Integer> lanes = new TreeSet<>();
        for (var partition : partitions) {
            if (partition.getOwner() != null && partition.getOwner().localMember()) {
                for (int pipeline = 0; pipeline < MAX_PIPELINES; pipeline++) {
                    lanes.add(pipeline * partitions.size() + partition.getPartitionId());
                }
            }
        }
        return lanes;
    }

    /** How many events there are, on all members. */
    long size() {
        return log.isDurable()
                ? log.count()
                : hazelcast.getMap(Names.EVENT_STORE).size();
    }

    /**
     * The size, to be asked for later and known in a moment then: counting a long log takes a while.
     *
     * @param settled a position at or below which nothing is stored any more
     * @param base what is known of the events up to an earlier one; null where nothing is
     */
    LongSupplier sizeSoon(long settled, Base base) {
        if (!(log instanceof PostgresEventLog durable)) {
            return this::size;
        }
        long counted = base == null || base.position() > settled
                ? durable.countUpTo(settled)
                : base.events() + durable.countBetween(base.position(), settled);
        return () -> counted + durable.countBetween(settled, Long.MAX_VALUE);
    }
}
