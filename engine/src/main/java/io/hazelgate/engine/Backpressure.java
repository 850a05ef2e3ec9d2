package io.hazelgate.engine;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Stream;

/**
 * Bounds what is in flight in the lanes of this member: in all, so that an answer comes in time, and per lane, so that the
 * journal's ring can't overflow (its 4,096 slots hold an event and its removal).
 */
public final class Backpressure {
    static final int MAX_PER_LANE = 1_900;

    private final IMap<String, HazelcastJsonValue> pendingEvents;
    private final Lanes lanes;
    private final int maxInFlight;
    private final AtomicIntegerArray perLane;
    private final AtomicInteger sinceLook = new AtomicInteger();
    private volatile int pending;

    Backpressure(IMap<String, HazelcastJsonValue> pendingEvents, Lanes lanes, int laneCount, int maxInFlight) {
        this.pendingEvents = pendingEvents;
        this.lanes = lanes;
        this.maxInFlight = maxInFlight;
        perLane = new AtomicIntegerArray(laneCount);
    }

    /** Takes a place for an event; false when there is none. */
    public boolean admit(String key) {
        if (pending + sinceLook.get() >= maxInFlight) {
            return false;
        }
        int lane = lanes.laneOf(key);
        if (perLane.incrementAndGet(lane) > MAX_PER_LANE) {
            perLane.decrementAndGet(lane);
            return false;
        }
        sinceLook.incrementAndGet();
        return true;
    }

    /** These events are no longer in flight. */
    public void left(Stream<String> keys) {
        keys.forEach(key -> perLane.updateAndGet(lanes.laneOf(key), count -> Math.max(0, count - 1)));
    }

    /** Counts what is pending in this member's lanes. */
    void look() {
        sinceLook.set(0);
        pending = (int) pendingEvents.getLocalMapStats().getOwnedEntryCount();
        if (pending == 0 && sinceLook.get() == 0) {
            for (int lane = 0; lane < perLane.length(); lane++) {
                perLane.set(lane, 0);
            }
        }
    }

    public int pending() {
        return pending;
    }
}
