package io.hazelgate.engine.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.logging.Logger;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HeapRoomTest {
    private static final long MAX = 1_000;

    private int collected;
    private long live;
    private long nanos;
    private long collectionNanos;
    private final HeapRoom room =
            new HeapRoom(MAX, this::collectAll, () -> nanos, Logger.getLogger(HeapRoomTest.class));

    private long collectAll() {
        collected++;
        nanos += collectionNanos;
        return live;
    }

    private void leaves(long bytes) {
        room.leaves(bytes);
        room.look();
    }

    @Test
    void garbageThatWasPassedOverIsNoReasonToRefuse() {
        live = 300;
        leaves(900);
        assertEquals(1, collected);
        assertFalse(room.isFull());
        assertNull(room.problem());
    }

    @Test
    void whatIsLeftAfterEverythingWasCollectedDecides() {
        live = 860;
        leaves(870);
        assertTrue(room.isFull());
        assertTrue(room.problem().startsWith("the heap is 86 % full"), room.problem());
    }

    @Test
    void aHeapThatIsNotFullByLittleAndGrowsIsLookedAtAgainAtOnce() {
        live = 840;
        leaves(850);
        assertFalse(room.isFull());
        leaves(859);
        assertEquals(1, collected);
        live = 880;
        leaves(890);
        assertEquals(2, collected);
        assertTrue(room.isFull());
    }

    @Test
    void collectionsOfEverythingTakeATwentiethOfTheTime() {
        live = 860;
        collectionNanos = TimeUnit.SECONDS.toNanos(2);
        leaves(870);
        nanos += TimeUnit.SECONDS.toNanos(37);
        room.look();
        assertEquals(1, collected);
        live = 100;
        nanos += TimeUnit.SECONDS.toNanos(1);
        room.look();
        assertEquals(2, collected);
        assertFalse(room.isFull());
    }

    @Test
    void theyAreASecondApartThoughTheyTakeNoTime() {
        live = 860;
        leaves(870);
        room.look();
        assertEquals(1, collected);
        nanos += TimeUnit.SECONDS.toNanos(1);
        room.look();
        assertEquals(2, collected);
    }

    @Test
    void eventsAreTakenAgainOnceThereIsRoomAndNotBefore() {
        live = 860;
        leaves(870);
        leaves(840);
        assertTrue(room.isFull());
        leaves(790);
        assertFalse(room.isFull());
    }

    @Test
    void aProcessTellsWhatItsCollectionsLeave() throws Exception {
        try (HeapRoom real = new HeapRoom(Logger.getLogger(HeapRoomTest.class))) {
            assertFalse(real.isFull());
            assertEquals(0.0, real.share());
            System.gc();
            while (real.share() == 0.0) {
                Thread.sleep(10); // collections are told of by another thread
            }
            assertTrue(real.share() < 1.0);
        }
    }
}
