package io.hazelgate.engine.live;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToIntFunction;

/** The events that have come to this run of the pipeline and are in no batch yet, in their order. */
final class Arrivals {
    private static final int MAX_BATCH_EVENTS = 1_000;
    private static final int MAX_BATCH_BYTES = 8 * 1024 * 1024;

    private final EventTypes eventTypes;
    private final Reconciler reconciler;
    private final ToIntFunction<Received> partitionOf;
    private final LongAdder journalLost;
    private ArrayDeque<Received> waiting = new ArrayDeque<>();
    /** Events that no pipeline takes; they don't wait for the projector. */
    private final List<Received> strays = new ArrayList<>();
    /** Partitions of which the journal has brought something: what it brings later follows in order, until it loses some. */
    private final Set<Integer> heard = new HashSet<>();
    /** Partitions whose pending events have to be read: the journal may have begun behind some of them, or has lost some. */
    private final Set<Integer> toRead = new HashSet<>();

    /**
     * @param reconciler knows what is in the pipeline
     * @param journalLost counts how often the journal has lost something
     */
    Arrivals(EventTypes eventTypes, Reconciler reconciler, ToIntFunction<Received> partitionOf, LongAdder journalLost) {
        this.eventTypes = eventTypes;
        this.reconciler = reconciler;
        this.partitionOf = partitionOf;
        this.journalLost = journalLost;
    }

    void take(Received event) {
        if (event.isAfterLostEvents()) {
            journalLost.increment();
        }
        int partition = partitionOf.applyAsInt(event);
        if (heard.add(partition) || event.isAfterLostEvents()) {
            toRead.add(partition);
        }
        // Else it came only because the journal had lost something before it.
        if (isOurs(event)) {
            put(event, waiting);
        }
    }

    /** What was there before goes first; what came twice, by the journal too, is taken once. */
    void putInFront(List<Received> earlier) {
        ArrayDeque<Received> all = new ArrayDeque<>();
        Set<String> keys = new HashSet<>();
        Set<String> waitingKeys = new HashSet<>();
        waiting.forEach(event -> waitingKeys.add(event.key()));
        for (Received event : earlier) {
            boolean isUnderWay = reconciler.has(event.key()) && !waitingKeys.contains(event.key());
            if (isOurs(event) && !isUnderWay) {
                keys.add(event.key());
                put(event, all);
            }
        }
        waiting.stream().filter(event -> !keys.contains(event.key())).forEach(all::add);
        waiting = all;
    }

    private boolean isOurs(Received event) {
        return event.envelope().length > 0 && eventTypes.receivesEnvelope(event.envelope());
    }

    private void put(Received event, ArrayDeque<Received> ours) {
        reconciler.arrived(event.key());
        if (Strays.isStray(eventTypes, event)) {
            strays.add(event);
        } else {
            ours.add(event);
        }
    }

    /** In front of all that waits: these were in a batch, and are to come again. */
    void putBack(List<Received> events) {
        for (int i = events.size() - 1; i >= 0; i--) {
            waiting.addFirst(events.get(i));
        }
    }

    int size() {
        return waiting.size();
    }

    List<Received> nextBatch() {
        List<Received> events = new ArrayList<>();
        int bytes = 0;
        while (!waiting.isEmpty() && events.size() < MAX_BATCH_EVENTS && bytes < MAX_BATCH_BYTES) {
            Received event = waiting.poll();
            bytes += event.envelope().length;
            events.add(event);
        }
        return events;
    }

    boolean hasStrays() {
        return !strays.isEmpty();
    }

    List<Received> takeStrays() {
        List<Received> taken = List.copyOf(strays);
        strays.clear();
        return taken;
    }

    /** Whether pending events have to be read before the next batch. */
    boolean areIncomplete() {
        return !toRead.isEmpty();
    }

    /** The partitions whose pending events are read now, to be put in front. */
    Set<Integer> takeIncomplete() {
        Set<Integer> taken = Set.copyOf(toRead);
        toRead.clear();
        return taken;
    }
}
