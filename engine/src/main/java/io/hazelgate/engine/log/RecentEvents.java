package io.hazelgate.engine.log;

import io.hazelgate.engine.index.Indexes;
import io.hazelgate.engine.wire.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Keeps the maps small where the log is in PostgreSQL: the oldest events leave {@code event-store} and {@code event-ids}.
 *
 * <p>An event is committed before it comes into a map, so none can be lost here. One that is still on its way through the pipeline may
 * leave, too: whoever looks for it finds it in the log.
 */
public final class RecentEvents {
    private static final int MAX_AT_ONCE = 5_000;

    private final Store store;
    private final Readiness readiness;
    private final MemoryEventLog maps;
    private final EventMaps recent;
    private final int most;
    private final long mostMicros;

    /**
     * @param most how many stay
     * @param seconds how long each stays; 0: as long as there are not too many
     */
    public RecentEvents(Store store, Indexes indexes, Readiness readiness, int most, int seconds) {
        this.store = store;
        this.readiness = readiness;
        this.most = most;
        mostMicros = TimeUnit.SECONDS.toMicros(seconds);
        maps = new MemoryEventLog(store.hazelcast(), indexes);
        recent = new EventMaps(store.entries());
    }

    public void look() {
        if (!store.log().isDurable() || readiness.restoringProblem() != null) {
            return;
        }
        int members = store.hazelcast().getCluster().getMembers().size();
        long excess = maps.count() - Math.max(1, most / members);
        while (excess > 0) {
            List<StoredEvent> oldest = maps.read(null, null, (int) Math.min(excess, MAX_AT_ONCE));
            if (oldest.isEmpty()) {
                return;
            }
            recent.remove(oldest);
            excess -= oldest.size();
        }
        if (mostMicros > 0) {
            // Positions follow the clock.
            forgetUpTo(Clock.micros() - mostMicros);
        }
    }

    private void forgetUpTo(long position) {
        int atOnce = 1;
        List<StoredEvent> old;
        do {
            old = maps.read(null, null, atOnce).stream()
                    .filter(event -> event.position() <= position)
                    .toList();
            recent.remove(old);
            atOnce = MAX_AT_ONCE;
        } while (!old.isEmpty());
    }
}
