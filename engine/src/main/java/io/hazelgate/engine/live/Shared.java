package io.hazelgate.engine.live;

import io.hazelgate.engine.lanes.Lanes;
import io.hazelgate.engine.log.Readiness;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.network.AllMembers;
import io.hazelgate.engine.views.Gate;

/** What the pipelines of a member have in common. */
public record Shared(Store store, Lanes lanes, Gate gate, Readiness readiness, AllMembers members, Limits limits) {
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
}
