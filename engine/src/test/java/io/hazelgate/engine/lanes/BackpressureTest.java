package io.hazelgate.engine.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hazelgate.engine.TestMember;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BackpressureTest {
    private static final int MAX_PER_LANE = 100;

    private static Backpressure bounded(int maxInFlight) throws Exception {
        return new Backpressure(TestMember.lanes(TestMember.hazelcast()), 71, maxInFlight, MAX_PER_LANE);
    }

    @Test
    void moreThanTheBoundIsRefused() throws Exception {
        Backpressure backpressure = bounded(3);
        for (int i = 0; i < 3; i++) {
            assertTrue(backpressure.admit("e" + i + "@a" + i));
        }
        assertFalse(backpressure.admit("e3@a3"));
    }

    @Test
    void oneLaneIsBoundedForItself() throws Exception {
        Backpressure backpressure = bounded(1_000_000);
        int admitted = 0;
        while (backpressure.admit("e" + admitted + "@hot")) {
            admitted++;
        }
        assertEquals(MAX_PER_LANE, admitted);
        assertTrue(backpressure.admit("e@another-aggregate-in-another-lane"));
    }

    @Test
    void anEventAndTheRemovalsBeforeItHaveRoomInTheJournal() {
        for (int capacity : new int[] {2, 3, 4, 5, 4_096}) {
            int most = Backpressure.mostPerLane(capacity, 1);
            assertTrue(2 * most - 1 <= capacity, "the oldest, as many behind it, as many removals");
        }
        assertEquals(2, Backpressure.mostPerLane(4, 1));
        assertEquals(1, Backpressure.mostPerLane(4, 5));
        assertEquals(1_024, Backpressure.mostPerLane(4_096, 2));
    }

    @Test
    void theSameEventAgainTakesNoSecondPlace() throws Exception {
        Backpressure backpressure = bounded(1);
        assertTrue(backpressure.admit("e@a"));
        assertTrue(backpressure.admit("e@a"));
        backpressure.left(Stream.of("e@a", "e@a"));
        assertTrue(backpressure.admit("f@a"));
        assertFalse(backpressure.admit("g@a"));
    }

    @Test
    void manyThatComeAndGoFillNothing() throws Exception {
        Backpressure backpressure = bounded(10);
        for (int i = 0; i < 1_000; i++) {
            assertTrue(backpressure.admit("e" + i + "@a" + i));
            backpressure.left(Stream.of("e" + i + "@a" + i));
        }
    }

    @Test
    void whatWentToAnotherMemberLeavesItsPlace() throws Exception {
        Backpressure backpressure = bounded(1);
        assertTrue(backpressure.admit("moved-to-another-member@a"));
        backpressure.look(Set.of());
        assertFalse(backpressure.admit("e@b"), "it was admitted since the last look, and may not be pending yet");
        backpressure.look(Set.of());
        assertTrue(backpressure.admit("e@b"));
    }

    @Test
    void whatCameFromAnotherMemberTakesAPlaceUntilItHasLeft() throws Exception {
        Backpressure backpressure = bounded(1);
        backpressure.look(Set.of("came-from-another-member@a"));
        backpressure.look(Set.of("came-from-another-member@a"));
        assertFalse(backpressure.admit("e@b"));
        backpressure.left(Stream.of("came-from-another-member@a"));
        assertTrue(backpressure.admit("e@b"));
    }

    @Test
    void whatLeavesWhileItIsLookedAtTakesNoPlace() throws Exception {
        Backpressure backpressure = bounded(1);
        assertTrue(backpressure.admit("leaving@a"));
        backpressure.left(Stream.of("leaving@a"));
        backpressure.look(Set.of("leaving@a"));
        assertTrue(backpressure.admit("e@b"));
    }

    @Test
    void aPlaceIsFreeAgainWhenAnEventHasLeft() throws Exception {
        Backpressure backpressure = bounded(1_000_000);
        for (int i = 0; i < MAX_PER_LANE; i++) {
            backpressure.admit("e" + i + "@hot");
        }
        assertFalse(backpressure.admit("late@hot"));
        backpressure.left(Stream.of("e0@hot"));
        assertTrue(backpressure.admit("late@hot"));
    }
}
