package io.hazelgate.engine.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.logging.Logger;
import org.junit.jupiter.api.Test;

class HeapRoomTest {
    private static final long MAX = 1_000;

    private int collected;
    private long live;
    private final HeapRoom room = new HeapRoom(MAX, this::collectAll, Logger.getLogger(HeapRoomTest.class));

    private void collectAll() {
        collected++;
        room.leaves(live);
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
    void aCollectionOfEverythingIsNotAskedForAgainAtOnceUnlessAlmostAllIsInUse() {
        live = 300;
        leaves(900);
        leaves(900);
        assertEquals(1, collected);
        leaves(960);
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
