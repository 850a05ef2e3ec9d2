package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstance;
import io.hazelgate.engine.log.PostgresEventLog;
import io.hazelgate.engine.log.StoredEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/** The log where it is kept apart from the maps, which have only what is recent. Each member reads the lanes that it owns. */
final class OwnedInPostgres implements OwnedEvents {
    /** Lanes may also be of pipelines that are no longer configured. */
    private static final int MAX_PIPELINES = 16;

    private final HazelcastInstance hazelcast;
    private final PostgresEventLog log;

    OwnedInPostgres(HazelcastInstance hazelcast, PostgresEventLog log) {
        this.hazelcast = hazelcast;
        this.log = log;
    }

    @Override
    public List<StoredEvent> read(String after, long upToPosition, int maxEvents, int maxBytes) {
        List<StoredEvent> events = new ArrayList<>();
        int bytes = 0;
        for (StoredEvent event : log.read(ownLanes(), after, maxEvents)) {
            if (event.position() > upToPosition || bytes >= maxBytes) {
                break;
            }
            bytes += event.record().length;
            events.add(event);
        }
        return events;
    }

    /** Null for all. */
    private Set<Integer> ownLanes() {
        var partitions = hazelcast.getPartitionService().getPartitions();
        if (hazelcast.getCluster().getMembers().size() == 1) {
            return null;
        }
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

    @Override
    public long size() {
        return log.count();
    }

    @Override
    public LongSupplier sizeSoon(long settled, Base base) {
        long counted = base == null || base.position() > settled
                ? log.countUpTo(settled)
                : base.events() + log.countBetween(base.position(), settled);
        return () -> counted + log.countBetween(settled, Long.MAX_VALUE);
    }
}
