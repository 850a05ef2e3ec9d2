package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ArrivalsTest {
    private static final EventTypes ORDERS = new EventTypes(Set.of("OrderCreated"), false, true, Set.of("Other"));

    private final PipelineStatistics statistics = new PipelineStatistics();
    /** Without a cluster: it only knows what has arrived. */
    private final Reconciler reconciler = new Reconciler(null, null, null, statistics);

    private final Arrivals arrivals = arrivals(EventTypes.all());

    private Arrivals arrivals(EventTypes eventTypes) {
        return new Arrivals(eventTypes, reconciler, event -> event.key().charAt(0), statistics.journalLost);
    }

    private static Received event(String key, String eventType, boolean afterLostEvents) {
        byte[] envelope = ("{\"eventType\":\"" + eventType + "\"}").getBytes(StandardCharsets.UTF_8);
        return new Received(key, envelope, 0, afterLostEvents);
    }

    private static Received event(String key) {
        return event(key, "OrderCreated", false);
    }

    private List<String> nextKeys() {
        return arrivals.nextBatch().stream().map(Received::key).toList();
    }

    @Test
    void whatIsPutBackComesFirstAndInItsOrder() {
        arrivals.take(event("c"));
        arrivals.putBack(List.of(event("a"), event("b")));
        assertEquals(List.of("a", "b", "c"), nextKeys());
    }

    @Test
    void whatWasThereBeforeGoesFirstAndOnce() {
        arrivals.take(event("b"));
        arrivals.take(event("c"));
        arrivals.putInFront(List.of(event("a"), event("b")));
        assertEquals(List.of("a", "b", "c"), nextKeys());
        assertEquals(0, arrivals.size());
    }

    @Test
    void whatIsInABatchAlreadyIsNotTakenAgain() {
        arrivals.take(event("a"));
        assertEquals(List.of("a"), nextKeys());
        arrivals.putInFront(List.of(event("a"), event("b")));
        assertEquals(List.of("b"), nextKeys());
        reconciler.left(List.of("a"));
        arrivals.putInFront(List.of(event("a")));
        assertEquals(List.of("a"), nextKeys(), "it has left the pipeline, and is pending again");
    }

    @Test
    void aPartitionIsReadWhenItIsFirstHeardAndWheneverTheJournalHasLostSome() {
        assertFalse(arrivals.areIncomplete());
        arrivals.take(event("a1"));
        arrivals.take(event("b1"));
        assertEquals(Set.of((int) 'a', (int) 'b'), arrivals.takeIncomplete());
        arrivals.take(event("a2"));
        assertFalse(arrivals.areIncomplete());
        arrivals.take(event("a3", "OrderCreated", true));
        assertEquals(Set.of((int) 'a'), arrivals.takeIncomplete());
        assertEquals(1, statistics.journalLost.sum());
    }

    @Test
    void whatOnlySaysThatSomeWereLostIsNoEvent() {
        arrivals.take(new Received("a", new byte[0], 0, true));
        assertTrue(arrivals.areIncomplete());
        assertEquals(0, arrivals.size());
        assertFalse(reconciler.has("a"));
    }

    @Test
    void aStrayWaitsForNoBatchAndAnotherPipelinesEventIsLeft() {
        Arrivals orders = arrivals(ORDERS);
        orders.take(event("a", "Unheard", false));
        orders.take(event("b", "Other", false));
        assertEquals(0, orders.size());
        assertTrue(orders.hasStrays());
        assertEquals(
                List.of("a"), orders.takeStrays().stream().map(Received::key).toList());
        assertFalse(orders.hasStrays());
        assertFalse(reconciler.has("b"));
    }

    @Test
    void aBatchHasAtMostAThousandEventsOrEightMegabytes() {
        IntStream.range(0, 1_500).forEach(i -> arrivals.take(event("a" + i)));
        assertEquals(1_000, arrivals.nextBatch().size());
        assertEquals(500, arrivals.nextBatch().size());
        IntStream.range(0, 3).forEach(i -> arrivals.take(new Received("b" + i, new byte[5 * 1024 * 1024], 0, false)));
        assertEquals(2, arrivals.nextBatch().size(), "the one that exceeds them is the last");
    }
}
