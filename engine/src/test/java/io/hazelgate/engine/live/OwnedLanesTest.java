package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Entries.LaneTakenOver;
import io.hazelgate.engine.wire.Names;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OwnedLanesTest {
    private Shared shared;
    private HazelcastInstance hazelcast;
    private String aggregate;
    private int lane;
    private OwnedLanes stale;
    private OwnedLanes owner;

    @BeforeEach
    void twoRunsOfOneLane() throws Exception {
        hazelcast = TestMember.hazelcast();
        shared = TestMember.pipelines(hazelcast).all().get(0).shared();
        aggregate = TestMember.newId();
        lane = shared.lanes().laneOf("e@" + aggregate);
        stale = new OwnedLanes(shared, "test", 0);
        owner = new OwnedLanes(shared, "test", 0);
    }

    private static byte[] record(String eventId) {
        return ("{\"eventId\":\"" + eventId + "\",\"cursor\":\"1\"}").getBytes(StandardCharsets.UTF_8);
    }

    private String key(int sequence) {
        return "T:" + sequence + "@" + aggregate;
    }

    private Map<String, byte[]> store(OwnedLanes run, Change... changes) {
        return shared.store()
                .entries()
                .changeAsOwner(Names.EVENT_STORE, List.of(changes), run)
                .join();
    }

    private boolean isStored(int sequence) {
        return hazelcast.getMap(Names.EVENT_STORE).containsKey(key(sequence));
    }

    @Test
    void whoOwnsTheLaneStores() {
        owner.take(Set.of(lane));
        assertTrue(store(owner, Change.setIfSame(key(1), null, record("a"))).isEmpty());
        assertTrue(isStored(1));
    }

    @Test
    void aRunThatWasLeftBehindStoresNothing() {
        stale.take(Set.of(lane));
        owner.take(Set.of(lane));
        CompletionException refused = assertThrows(
                CompletionException.class, () -> store(stale, Change.setIfSame(key(1), null, record("a"))));
        LaneTakenOver why = assertInstanceOf(LaneTakenOver.class, refused.getCause());
        assertEquals(lane, why.partition);
        assertFalse(isStored(1));
    }

    @Test
    void whoNeverTookTheLaneStoresNothing() {
        assertThrows(CompletionException.class, () -> store(owner, Change.setIfSame(key(1), null, record("a"))));
        assertFalse(isStored(1));
    }

    @Test
    void aBatchIsStoredAsAWholeOrNotAtAll() {
        owner.take(Set.of(lane));
        store(owner, Change.setIfSame(key(2), null, record("somebody-else")));
        Map<String, byte[]> refused =
                store(owner, Change.setIfSame(key(1), null, record("a")), Change.setIfSame(key(2), null, record("b")));
        assertEquals(Set.of(key(2)), refused.keySet());
        assertFalse(isStored(1), "its number may be another's when the batch is tried again");
    }

    @Test
    void aStoreThatIsRepeatedBecauseItsAnswerGotLostIsNoConflict() {
        owner.take(Set.of(lane));
        Change change = Change.setIfSame(key(1), null, record("a"));
        store(owner, change);
        assertTrue(store(owner, change).isEmpty());
    }

    @Test
    void anIdThatAnotherRunHasGivenAPlaceKeepsIt() {
        String eventId = TestMember.newId();
        byte[] theirs = "{\"hash\":\"h\",\"key\":\"T:2@x\"}".getBytes(StandardCharsets.UTF_8);
        byte[] ours = "{\"hash\":\"h\",\"key\":\"T:1@x\"}".getBytes(StandardCharsets.UTF_8);
        shared.store()
                .entries()
                .change(Names.EVENT_IDS, List.of(Change.setIfSame(eventId, null, theirs)))
                .join();
        assertFalse(shared.store()
                .entries()
                .change(Names.EVENT_IDS, List.of(Change.setIfSame(eventId, null, ours)))
                .join()
                .isEmpty());
        assertTrue(
                shared.store()
                        .entries()
                        .change(Names.EVENT_IDS, List.of(Change.setIfSame(eventId, theirs, ours)))
                        .join()
                        .isEmpty(),
                "a claim that was read is given another place");
    }

    @Test
    void theOwnersOfALaneAreInThatLane() {
        for (int partition = 0; partition < 71; partition++) {
            assertEquals(
                    partition,
                    hazelcast
                            .getPartitionService()
                            .getPartition(owner.keyOf(partition))
                            .getPartitionId());
        }
    }

    @Test
    void twoPipelinesOwnTheirLanesEachForItself() {
        OwnedLanes other = new OwnedLanes(shared, "other", 0);
        owner.take(Set.of(lane));
        other.take(Set.of(lane));
        assertTrue(store(owner, Change.setIfSame(key(1), null, record("a"))).isEmpty());
    }

    @Test
    void whoTakesALaneOverFindsWhatIsPendingThere() {
        hazelcast.getMap(Names.PENDING_EVENTS).set("e1@" + aggregate, new HazelcastJsonValue("{}"));
        assertTrue(owner.pendingKeys(Set.of(lane)).contains("e1@" + aggregate));
        assertFalse(owner.pendingKeys(Set.of((lane + 1) % 71)).contains("e1@" + aggregate));
        hazelcast.getMap(Names.PENDING_EVENTS).delete("e1@" + aggregate);
    }

    @Test
    void whoTakesALaneOverGivesHigherPositions() {
        long before = shared.lanes().next(1)[0];
        long ahead = before + 7_200_000_000L;
        hazelcast.<String, Long>getMap(Names.POSITIONS).set("a-member-whose-clock-is-ahead", ahead);
        owner.take(Set.of(lane));
        assertTrue(shared.lanes().next(1)[0] > ahead);
        hazelcast.getMap(Names.POSITIONS).delete("a-member-whose-clock-is-ahead");
    }
}
