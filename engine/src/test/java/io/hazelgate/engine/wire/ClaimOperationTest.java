package io.hazelgate.engine.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.wire.Entries.MadeBy;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ClaimOperationTest {
    private static final String VIEW = "day-view";

    private String key;
    private HazelcastInstance hazelcast;
    private Entries entries;

    @BeforeEach
    void anEntryOfItsOwn() throws Exception {
        hazelcast = TestMember.hazelcast();
        entries = TestMember.store(hazelcast).entries();
        key = TestMember.newId();
    }

    private static byte[] version(long version) {
        return Json.bytes("{\"_meta\":{\"version\":" + version + "}}");
    }

    private ClaimRequest request(String run, String entry, long version, String... holders) {
        List<String> all = List.of(holders);
        Claim claim = new Claim(run, "main", 1, version, new LinkedHashSet<>(all), Set.of());
        return new ClaimRequest(Names.claimOf(VIEW, entry), VIEW, entry, version, all, claim.toJson());
    }

    private boolean claim(String run, long version, String... holders) {
        return entries.claim(run, List.of(request(run, key, version, holders)))
                .join()
                .isEmpty();
    }

    private void release(String run, String... holders) {
        entries.claim(run, List.of(ClaimRequest.release(Names.claimOf(VIEW, key), List.of(holders))))
                .join();
    }

    private boolean write(long from, String... eventIds) {
        Change change = Change.setIfVersion(key, from, version(from + 1));
        return entries.changeUnclaimed(VIEW, VIEW, List.of(new MadeBy(change, List.of(eventIds))))
                .join()
                .isEmpty();
    }

    private Claim there() {
        byte[] json = entries.read(Names.CLAIMS, List.of(Names.claimOf(VIEW, key)))
                .join()
                .get(Names.claimOf(VIEW, key));
        return json == null ? null : Claim.of(json);
    }

    @Test
    void aClaimIsInThePartitionOfItsEntry() {
        var partitions = hazelcast.getPartitionService();
        assertEquals(
                partitions.getPartition(key).getPartitionId(),
                new Entries(hazelcast).partitionOf(KeyData.ofLane(Names.claimOf(VIEW, key))));
    }

    @Test
    void oneOfTwoGetsAnEntry() {
        assertTrue(claim("one", 0, "a@1"));
        assertFalse(claim("other", 0, "b@2"));
        assertEquals(Set.of("a@1"), there().holders());
        release("one", "a@1");
        assertTrue(claim("other", 0, "b@2"));
    }

    @Test
    void anEntryThatHasMovedOnIsNotClaimed() {
        assertTrue(write(0));
        assertFalse(claim("one", 0, "a@1"));
        assertNull(there());
        assertTrue(claim("one", 1, "a@1"));
    }

    @Test
    void nobodyElseWritesAClaimedEntryAndItsEventsWriteReleasesIt() {
        assertTrue(claim("one", 0, "a@1"));
        assertFalse(write(0, "b"));
        assertFalse(write(0));
        assertTrue(write(0, "b", "a"));
        assertNull(there());
    }

    @Test
    void aWriteThatIsRefusedReleasesNothing() {
        assertTrue(claim("one", 0, "a@1"));
        assertFalse(write(7, "a"));
        assertEquals(Set.of("a@1"), there().holders());
    }

    @Test
    void anEventsOwnClaimIsNotInItsWayWhenItIsTriedAgain() {
        assertTrue(claim("one", 0, "a@1", "b@2"));
        assertFalse(claim("one", 0, "a@1"), "the other one may be stored");
        assertTrue(claim("one", 0, "b@2", "a@1", "c@3"));
        assertEquals(Set.of("a@1", "b@2", "c@3"), there().holders());
    }

    /** Either of both runs may be the one that has lost the event's lane: no claim goes from one to the other. */
    @Test
    void anotherRunDoesNotMakeAClaimItsOwn() {
        assertTrue(claim("one", 0, "a@1"));
        assertFalse(claim("next", 0, "a@1"));
        assertEquals("one", there().run());
    }

    @Test
    void whoGivesBackGivesNoOthersClaimBack() {
        assertTrue(claim("one", 0, "a@1", "b@2"));
        release("other", "a@1", "b@2");
        assertEquals(Set.of("a@1", "b@2"), there().holders());
        release("one", "b@2");
        assertEquals(Set.of("a@1"), there().holders());
    }

    @Test
    void whatIsStoredKeepsGuardsOutAndNoWrites() {
        assertTrue(claim("one", 0, "a@1"));
        String name = Names.claimOf(VIEW, key);
        entries.change(
                        Names.CLAIMS,
                        List.of(Change.set(
                                name, there().withStored(Set.of("a@1")).toJson())))
                .join();
        assertFalse(claim("other", 0, "b@2"));
        assertTrue(write(0, "b"));
        assertEquals(Set.of("a@1"), there().holders());
        assertTrue(write(1, "a"));
        assertNull(there());
    }

    @Test
    void claimsAreOnTheBackups() throws Exception {
        int seedPort = TestMember.freePort();
        String cluster = "claims-" + TestMember.newId();
        HazelcastInstance first = TestMember.newMember(cluster, seedPort, seedPort);
        HazelcastInstance second = TestMember.newMember(cluster, TestMember.freePort(), seedPort);
        try {
            TestMember.awaitSafe(second);
            Entries ofFirst = TestMember.store(first).entries();
            List<ClaimRequest> requests = new ArrayList<>();
            List<MadeBy> writes = new ArrayList<>();
            IntStream.range(0, 300).forEach(i -> {
                requests.add(request("one", "k" + i, 0, "e" + i + "@1"));
                if (i % 3 == 0) {
                    writes.add(new MadeBy(Change.setIfVersion("k" + i, 0, version(1)), List.of("e" + i)));
                }
            });
            assertEquals(Map.of(), ofFirst.claim("one", requests).join());
            assertEquals(Map.of(), ofFirst.changeUnclaimed(VIEW, VIEW, writes).join());
            first.getLifecycleService().terminate();
            var left = second.<String, HazelcastJsonValue>getMap(Names.CLAIMS);
            assertEquals(200, left.size());
            assertFalse(left.containsKey(Names.claimOf(VIEW, "k0")));
            assertTrue(left.containsKey(Names.claimOf(VIEW, "k1")));
            assertEquals(100, second.getMap(VIEW).size());
        } finally {
            first.getLifecycleService().terminate();
            second.getLifecycleService().terminate();
        }
    }
}
