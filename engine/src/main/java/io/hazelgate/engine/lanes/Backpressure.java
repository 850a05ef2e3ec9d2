package io.hazelgate.engine.lanes;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Stream;

/**
 * Bounds what a pipeline has in flight in the lanes of this member: in all, so that an answer comes in time, and per lane, so that
 * the journal's ring can't overflow.
 *
 * <p>An event is in flight from when it is admitted until it has left; the same event submitted again takes no second place. What came
 * or went in another way (lanes move between members, another client writes into the map) is counted a look or two later.
 */
public final class Backpressure {
    private final Lanes lanes;
    private final int maxInFlight;
    private final int maxPerLane;
    private final Map<String, Place> inFlight = new ConcurrentHashMap<>();

    private final AtomicInteger count = new AtomicInteger();
    private final AtomicIntegerArray countPerLane;
    private volatile int looks;
    /** Pending at the last look and not known to be in flight: an event that was just leaving is not there at the next. */
    private Set<String> unknown = Set.of();

    /** @param look the number of the look before which it was admitted */
    private record Place(int lane, int look) {}

    public Backpressure(Lanes lanes, int laneCount, int maxInFlight, int maxPerLane) {
        this.lanes = lanes;
        this.maxInFlight = maxInFlight;
        this.maxPerLane = maxPerLane;
        countPerLane = new AtomicIntegerArray(laneCount);
    }

    /**
     * How many events may be in flight in a lane, so that none is overwritten before it is read: while the oldest is unread, at most
     * the others are put in behind it, and those before it taken out.
     */
    public static int mostPerLane(int journalCapacity, int pipelineCount) {
        return Math.max(1, (journalCapacity + 1) / 2 / pipelineCount);
    }

    /** Takes a place for an event; false when there is none. */
    public boolean admit(String key) {
        return admit(key, lanes.laneOf(key));
    }

    /** The same, where its partition is known already. */
    public boolean admit(String key, int lane) {
        if (inFlight.containsKey(key)) {
            return true;
        }
        if (count.incrementAndGet() > maxInFlight) {
            count.decrementAndGet();
            return false;
        }
        if (countPerLane.incrementAndGet(lane) > maxPerLane) {
            countPerLane.decrementAndGet(lane);
            count.decrementAndGet();
            return false;
        }
        if (inFlight.putIfAbsent(key, new Place(lane, looks)) != null) {
            countPerLane.decrementAndGet(lane);
            count.decrementAndGet();
        }
        return true;
    }

    public void left(Stream<String> keys) {
        keys.forEach(this::left);
    }

    private void left(String key) {
        Place place = inFlight.remove(key);
        if (place != null) {
            countPerLane.decrementAndGet(place.lane);
            count.decrementAndGet();
        }
    }

    /**
     * Sets the counts right.
     *
     * @param pending the keys of what is pending on this member; an event that was just admitted may not be there yet
     */
    public synchronized void look(Set<String> pending) {
        int look = ++looks;
        inFlight.forEach((key, place) -> {
            if (place.look < look - 1 && !pending.contains(key)) {
                left(key);
            }
        });
        Set<String> unknownNow = new HashSet<>();
        for (String key : pending) {
            if (inFlight.containsKey(key)) {
                continue;
            }
            if (!unknown.contains(key)) {
                unknownNow.add(key);
            } else {
                int lane = lanes.laneOf(key);
                if (inFlight.putIfAbsent(key, new Place(lane, look)) == null) {
                    countPerLane.incrementAndGet(lane);
                    count.incrementAndGet();
                }
            }
        }
        unknown = unknownNow;
    }
}
