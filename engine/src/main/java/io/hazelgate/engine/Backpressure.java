package io.hazelgate.engine;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Stream;

/**
 * Bounds what a pipeline has in flight in the lanes of this member: in all, so that an answer comes in time, and per lane, so that the
 * journal's ring can't overflow (its 4,096 slots hold an event and its removal).
 *
 * <p>Events are counted when they are admitted and when they have left. Where lanes move between members the count is wrong
 * by what was under way; it is set right as soon as nothing is pending.
 */
public final class Backpressure {
    static final int MAX_PER_LANE = 1_900;

    private final IMap<String, HazelcastJsonValue> pendingEvents;
    private final Lanes lanes;
    private final int maxInFlight;
    private final int maxPerLane;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicIntegerArray perLane;
    private final AtomicInteger admitted = new AtomicInteger();
    private int admittedAtLastLook;

    Backpressure(
            IMap<String, HazelcastJsonValue> pendingEvents,
            Lanes lanes,
            int laneCount,
            int maxInFlight,
            int maxPerLane) {
        this.pendingEvents = pendingEvents;
        this.lanes = lanes;
        this.maxInFlight = maxInFlight;
        this.maxPerLane = maxPerLane;
        perLane = new AtomicIntegerArray(laneCount);
    }

    /** Takes a place for an event; false when there is none. */
    public boolean admit(String key) {
        if (inFlight.incrementAndGet() > maxInFlight) {
            inFlight.decrementAndGet();
            return false;
        }
        int lane = lanes.laneOf(key);
        if (perLane.incrementAndGet(lane) > maxPerLane) {
            perLane.decrementAndGet(lane);
            inFlight.decrementAndGet();
            return false;
        }
        admitted.incrementAndGet();
        return true;
    }

    /** These events are no longer in flight. */
    public void left(Stream<String> keys) {
        keys.forEach(key -> {
            inFlight.updateAndGet(Backpressure::oneLess);
            perLane.updateAndGet(lanes.laneOf(key), Backpressure::oneLess);
        });
    }

    private static int oneLess(int count) {
        return Math.max(0, count - 1);
    }

    /** Sets the counts right when nothing is pending and nothing was admitted since the last look. */
    void look() {
        int now = admitted.get();
        if (now == admittedAtLastLook
                && inFlight.get() > 0
                && pendingEvents.getLocalMapStats().getOwnedEntryCount() == 0) {
            inFlight.set(0);
            for (int lane = 0; lane < perLane.length(); lane++) {
                perLane.set(lane, 0);
            }
        }
        admittedAtLastLook = now;
    }
}
