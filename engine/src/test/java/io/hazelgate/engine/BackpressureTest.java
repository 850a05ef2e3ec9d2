package io.hazelgate.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BackpressureTest {
    private static Backpressure bounded(int maxInFlight) throws Exception {
        IMap<String, HazelcastJsonValue> pending =
                TestMember.hazelcast().getMap("backpressure-test-" + TestMember.newId());
        return new Backpressure(pending, TestMember.engine().lanes(), 71, maxInFlight, Backpressure.MAX_PER_LANE);
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
    void oneLaneIsBoundedBelowHalfOfItsJournal() throws Exception {
        Backpressure backpressure = bounded(1_000_000);
        int admitted = 0;
        while (backpressure.admit("e" + admitted + "@hot")) {
            admitted++;
        }
        assertEquals(Backpressure.MAX_PER_LANE, admitted);
        assertTrue(backpressure.admit("e@another-aggregate-in-another-lane"));
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
    void aWrongCountIsSetRightWhenNothingIsPending() throws Exception {
        Backpressure backpressure = bounded(1);
        assertTrue(backpressure.admit("moved-to-another-member@a"));
        backpressure.look();
        assertFalse(backpressure.admit("e@b"), "it was admitted since the last look, and may not be pending yet");
        backpressure.look();
        assertTrue(backpressure.admit("e@b"));
    }

    @Test
    void aPlaceIsFreeAgainWhenAnEventHasLeft() throws Exception {
        Backpressure backpressure = bounded(1_000_000);
        for (int i = 0; i < Backpressure.MAX_PER_LANE; i++) {
            backpressure.admit("e" + i + "@hot");
        }
        assertFalse(backpressure.admit("late@hot"));
        backpressure.left(Stream.of("e0@hot"));
        assertTrue(backpressure.admit("late@hot"));
    }
}
