package io.hazelgate.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import org.junit.jupiter.api.Test;

class LanesTest {
    @Test
    void theEventsOfAnAggregateShareALane() throws Exception {
        Lanes lanes = new Lanes(TestMember.hazelcast());
        assertEquals(lanes.laneOf("event-1@customer-7"), lanes.laneOf("event-2@customer-7"));
    }

    @Test
    void theLaneIsThePartitionOfThePendingEntry() throws Exception {
        HazelcastInstance hazelcast = TestMember.hazelcast();
        assertEquals(
                hazelcast.getPartitionService().getPartition("customer-7").getPartitionId(),
                new Lanes(hazelcast).laneOf("event-1@customer-7"));
    }

    @Test
    void positionsGrowStrictly() throws Exception {
        Lanes lanes = new Lanes(TestMember.hazelcast());
        long last = 0;
        for (int i = 0; i < 100; i++) {
            for (long position : lanes.next(new int[] {3, 3, 4})) {
                assertTrue(position > last);
                last = position;
            }
        }
    }

    @Test
    void anotherOwnerWhoseClockIsBehindStartsAboveTheBound() throws Exception {
        HazelcastInstance hazelcast = TestMember.hazelcast();
        long ahead = Clock.micros() + 3_600_000_000L;
        hazelcast.<Integer, Long>getMap(Names.LANES).set(5, ahead);
        long[] positions = new Lanes(hazelcast).next(new int[] {5});
        assertTrue(positions[0] > ahead);
        assertTrue(hazelcast.<Integer, Long>getMap(Names.LANES).get(5) >= positions[0]);
    }
}
