package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.projector.Claimed;
import io.hazelgate.engine.projector.Write;
import io.hazelgate.engine.wire.Claim;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ClaimsTest {
    private static final String VIEW = "claims-test-view";

    private final String id = TestMember.newId();
    private HazelcastInstance hazelcast;
    private Shared shared;
    private Store store;
    private OwnedLanes ownedByOne;
    private OwnedLanes ownedByOther;
    private Claims one;
    private Claims other;

    @BeforeEach
    void twoRuns() throws Exception {
        hazelcast = TestMember.hazelcast();
        shared = TestMember.pipelines(hazelcast).all().get(0).shared();
        store = shared.store();
        ownedByOne = new OwnedLanes(shared, "test", 0);
        ownedByOther = new OwnedLanes(shared, "test", 0);
        one = new Claims(shared, "test", ownedByOne);
        other = new Claims(shared, "test", ownedByOther);
    }

    @AfterEach
    void nothingIsLeft() {
        hazelcast.getMap(Names.CLAIMS).clear();
        hazelcast.getMap(Names.PENDING_EVENTS).clear();
    }

    private static List<Received> events(String... keys) {
        return Stream.of(keys)
                .map(key -> new Received(key, new byte[0], 0, false))
                .toList();
    }

    private Claimed entry(String key, int... events) {
        return new Claimed(VIEW, id + key, 0, events);
    }

    private static Set<String> take(Claims claims, List<Received> events, Claimed... entries) {
        return claims.take(List.of(entries), events, index -> false, 0);
    }

    private Claim there(String key) {
        String name = Names.claimOf(VIEW, id + key);
        byte[] json = store.entries().read(Names.CLAIMS, List.of(name)).join().get(name);
        return json == null ? null : Claim.of(json);
    }

    private Set<String> holders(String key) {
        Claim claim = there(key);
        return claim == null ? Set.of() : claim.holders();
    }

    private void submit(String key) {
        hazelcast.getMap(Names.PENDING_EVENTS).set(key, new HazelcastJsonValue("{}"));
    }

    @Test
    void anEventGetsAllOfItsClaimsOrNone() {
        assertEquals(Set.of(), take(one, events("1@a"), entry("x", 0)));
        assertEquals(Set.of("2@b"), take(other, events("2@b", "3@c"), entry("w", 0), entry("x", 0), entry("y", 1)));
        assertNull(there("w"), "whoever waits holds nothing");
        assertEquals(Set.of("3@c"), holders("y"), "others of its batch go on");
    }

    @Test
    void eventsOfOneBatchShareAnEntryAndTheOneThatGoesOnKeepsIt() {
        take(one, events("1@a"), entry("x", 0));
        assertEquals(Set.of("2@b"), take(other, events("2@b", "3@c"), entry("x", 0), entry("y", 0, 1)));
        assertEquals(Set.of("3@c"), holders("y"));
    }

    @Test
    void whoCameAwayEmptyTakesItsClaimsInTheOrderOfTheirNames() {
        take(one, events("1@a"), entry("w", 0));
        List<Received> rival = events("2@b");
        take(other, rival, entry("w", 0), entry("x", 0));
        long before = changesOf("x");
        assertEquals(Set.of("2@b"), take(other, rival, entry("x", 0), entry("w", 0)));
        assertEquals(before, changesOf("x"), "the second is not touched before the first is its own");
        one.done(events("1@a"));
        hazelcast.getMap(Names.CLAIMS).delete(Names.claimOf(VIEW, id + "w"));
        assertEquals(Set.of(), take(other, rival, entry("w", 0), entry("x", 0)));
        assertEquals(Set.of("2@b"), holders("x"));
    }

    private long changesOf(String key) {
        String name = Names.claimOf(VIEW, id + key);
        return hazelcast.getMap(Names.CLAIMS).containsKey(name) ? 1 : 0;
    }

    @Test
    void anEventThatDecidesOtherwiseTheNextTimeGivesBackWhatItNoLongerRestsOn() {
        List<Received> events = events("1@a", "2@b");
        take(one, events, entry("x", 0), entry("y", 1));
        take(one, events, entry("x", 0));
        assertEquals(Set.of("1@a"), holders("x"));
        assertNull(there("y"));
    }

    @Test
    void whatNoWriteChangesIsGivenBackOnceTheEventsAreStored() {
        take(one, events("1@a"), entry("x", 0), entry("y", 0));
        Write write = new Write(VIEW, id + "x", 0, new byte[0], new int[] {0});
        one.stored(List.of(write));
        assertNull(there("y"));
        assertEquals(List.of("1"), one.of(write));
    }

    @Test
    void aPartOfABatchIsNotHeldUpByAnotherPartThatIsNotStored() {
        take(one, events("1@a", "2@b"), entry("x", 0, 1));
        assertEquals(Set.of(), take(one, events("1@a"), entry("x", 0)));
        assertEquals(Set.of("1@a"), holders("x"));
    }

    @Test
    void theClaimOfAnEventThatIsNoLongerPendingIsVoid() {
        ownedByOne.take(Set.of(shared.lanes().laneOf("2@a")));
        submit("2@a");
        take(one, events("1@a", "2@a"), entry("x", 0, 1));
        lookTwice(new ClaimWatch(shared, ownedByOther));
        assertEquals(Set.of("2@a"), holders("x"));
    }

    @Test
    void theClaimOfAPendingEventIsVoidOnceItsLaneIsAnothers() {
        Set<Integer> lane = Set.of(shared.lanes().laneOf("1@a"));
        ownedByOne.take(lane);
        submit("1@a");
        take(one, events("1@a"), entry("x", 0));
        ClaimWatch watch = new ClaimWatch(shared, ownedByOther);
        lookTwice(watch);
        assertEquals(Set.of("1@a"), holders("x"), "its run may store it yet");
        ownedByOther.take(lane);
        lookTwice(watch);
        assertNull(there("x"));
    }

    @Test
    void anEventThatIsRunAgainClaimsItsEntryAnewAndTheRunThatWasCutShortDoesNot() {
        Set<Integer> lane = Set.of(shared.lanes().laneOf("1@a"));
        ownedByOne.take(lane);
        submit("1@a");
        take(one, events("1@a"), entry("x", 0));
        ownedByOther.take(lane);
        assertEquals(Set.of("1@a"), take(other, events("1@a"), entry("x", 0)), "it is settled first");
        assertEquals(Set.of(), take(other, events("1@a"), entry("x", 0)));
        assertEquals(Set.of("1@a"), take(one, events("1@a"), entry("x", 0)), "it has lost the lane");
        assertEquals(ownedByOther.run().toString(), there("x").run());
    }

    @Test
    void theClaimOfAStoredEventStaysUntilItsEntryHasIt() {
        String event = TestMember.newId();
        String pending = event + "@a";
        ownedByOne.take(Set.of(shared.lanes().laneOf(pending)));
        submit(pending);
        take(one, events(pending), entry("x", 0));
        hazelcast.getMap(Names.EVENT_IDS).set(event, new HazelcastJsonValue("{\"hash\":\"h\",\"key\":\"T:1@a\"}"));
        hazelcast
                .getMap(Names.EVENT_STORE)
                .set("T:1@a", Json.value(Json.bytes("{\"eventId\":\"" + event + "\",\"cursor\":\"1\"}")));
        ownedByOther.take(Set.of(shared.lanes().laneOf(pending)));
        lookTwice(new ClaimWatch(shared, ownedByOther));
        hazelcast.getMap(Names.EVENT_STORE).delete("T:1@a");
        assertEquals(Set.of(pending), there("x").stored());
        assertEquals(Set.of("9@z"), take(other, events("9@z"), entry("x", 0)));
    }

    private static void lookTwice(ClaimWatch watch) {
        watch.look();
        watch.look();
    }
}
