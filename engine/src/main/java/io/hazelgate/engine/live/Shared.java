package io.hazelgate.engine.live;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.logging.ILogger;
import io.hazelgate.engine.lanes.Lanes;
import io.hazelgate.engine.log.Readiness;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.network.AllMembers;
import io.hazelgate.engine.network.Turns;
import io.hazelgate.engine.views.Gate;
import io.hazelgate.engine.views.Generations;

/** What the parts of a member have in common. */
public record Shared(
        Store store,
        Lanes lanes,
        Gate gate,
        Turns turns,
        Readiness readiness,
        AllMembers members,
        Wishes wishes,
        Shared.Limits limits) {
    public HazelcastInstance hazelcast() {
        return store.hazelcast();
    }

    public Generations generations() {
        return store.generations();
    }

    public ILogger logger(Class<?> type) {
        return hazelcast().getLoggingService().getLogger(type);
    }

    /** Waits until nothing is restored or imported and the gate is open, and goes in; what is answered goes out again. */
    Runnable enter() throws InterruptedException {
        while (true) {
            readiness.await();
            long pass = gate.enter();
            if (readiness.viewsProblem() == null) {
                return () -> gate.leave(pass);
            }
            gate.leave(pass);
        }
    }

    /**
     * How much the pipelines of a member take on.
     *
     * @param maxInFlight events, of all pipelines
     * @param journalCapacity events and removals that a partition's journal remembers
     * @param quorum how many members have to see one another before anything is read or written; 1: each goes on alone
     * @param projectorTimeoutSeconds how long the projector may take for a batch
     * @param completedTtlSeconds how long a refusal is remembered
     */
    public record Limits(
            int maxInFlight, int journalCapacity, int quorum, int projectorTimeoutSeconds, int completedTtlSeconds) {}
}
