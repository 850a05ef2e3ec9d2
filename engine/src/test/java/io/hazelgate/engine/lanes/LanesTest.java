package io.hazelgate.engine.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Names;
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
            for (long position : lanes.next(3)) {
                assertTrue(position > last);
                last = position;
            }
        }
    }

    @Test
    void aNewMemberThatHasGivenNoneOutKnowsWhereTheOthersAre() throws Exception {
        HazelcastInstance hazelcast = TestMember.hazelcast();
        long[] others = new Lanes(hazelcast).next(5);
        Lanes lanes = new Lanes(hazelcast);
        long given = lanes.given();
        assertTrue(given >= others[4]);
        assertTrue(lanes.next(1)[0] > given);
    }

    @Test
    void anotherOwnerWhoseClockIsBehindStartsAboveTheBound() throws Exception {
        HazelcastInstance hazelcast = TestMember.hazelcast();
        long ahead = Clock.micros() + 3_600_000_000L;
        IMap<String, Long> bounds = hazelcast.getMap(Names.POSITIONS);
        bounds.set("another-member", ahead);
        long[] positions = new Lanes(hazelcast).next(2);
        assertTrue(positions[0] > ahead);
        String here = hazelcast.getCluster().getLocalMember().getUuid().toString();
        assertTrue(bounds.get(here) >= positions[1], "its own bound is above what it gave out");
        bounds.delete("another-member");
    }

    @Test
    void aMemberWhoseClockIsBehindGoesOnBehindWhatOthersHaveReached() throws Exception {
        Lanes lanes = new Lanes(TestMember.hazelcast());
        long ahead = lanes.reached() + 60_000_000L;
        assertEquals(ahead, lanes.reached(ahead));
        assertTrue(lanes.next(1)[0] > ahead);
        assertTrue(lanes.reached(0) > ahead, "nobody goes back");
    }

    @Test
    void theBoundMovesOnBeforeItIsReached() throws Exception {
        HazelcastInstance hazelcast = TestMember.hazelcast();
        IMap<String, Long> bounds = hazelcast.getMap(Names.POSITIONS);
        String here = hazelcast.getCluster().getLocalMember().getUuid().toString();
        Lanes lanes = new Lanes(hazelcast);
        lanes.next(1_500_000);
        lanes.next(1_500_000);
        long given = lanes.given();
        lanes.look();
        assertTrue(bounds.get(here) - given > 1_000_000, "there is a second to go again");
    }

    @Test
    void boundsOfMembersLongGoneAreForgotten() throws Exception {
        HazelcastInstance hazelcast = TestMember.hazelcast();
        IMap<String, Long> bounds = hazelcast.getMap(Names.POSITIONS);
        bounds.set("long-gone", Clock.micros() - 90_000_000_000L);
        new Lanes(hazelcast).next(1);
        assertNull(bounds.get("long-gone"));
    }
}
