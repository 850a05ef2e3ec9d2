package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.wire.Names;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReconcilerTest {
    private IMap<String, HazelcastJsonValue> pending;
    private PipelineStatistics statistics;
    private Reconciler reconciler;

    @BeforeEach
    void freshMap() throws Exception {
        pending = TestMember.hazelcast().getMap("reconciler-test-" + TestMember.newId());
        statistics = new PipelineStatistics();
        reconciler = new Reconciler(
                pending,
                TestMember.store(TestMember.hazelcast()).entries(),
                TestMember.store(TestMember.hazelcast()).log(),
                statistics);
    }

    private void put(String key, String timestamp) {
        pending.set(
                key, new HazelcastJsonValue("{\"timestamp\":\"" + timestamp + "\",\"submissionId\":\"" + key + "\"}"));
    }

    @Test
    void anEventIsFoundAtTheSecondLook() {
        put("e1@a", "2026-01-01T00:00:00.000001Z");
        reconciler.look(pending.localKeySet());
        assertNull(reconciler.poll());
        reconciler.look(pending.localKeySet());
        assertEquals("e1@a", reconciler.poll().key());
        assertEquals(1, statistics.reconciled.sum());
    }

    @Test
    void anEventInThePipelineIsNotFound() {
        put("e1@a", "2026-01-01T00:00:00.000001Z");
        reconciler.arrived("e1@a");
        reconciler.look(pending.localKeySet());
        reconciler.look(pending.localKeySet());
        assertNull(reconciler.poll());
    }

    @Test
    void anEventIsFoundOnce() {
        put("e1@a", "2026-01-01T00:00:00.000001Z");
        for (int i = 0; i < 5; i++) {
            reconciler.look(pending.localKeySet());
        }
        assertEquals("e1@a", reconciler.poll().key());
        assertNull(reconciler.poll());
    }

    @Test
    void whatALookFindsWhileAnotherRunBeginsIsFoundForThatRun() throws Exception {
        Set<String> keys = new HashSet<>();
        for (int i = 0; i < 2_000; i++) {
            keys.add("e" + i + "@a" + i);
            put("e" + i + "@a" + i, String.format("2026-01-01T00:00:00.%06dZ", i));
        }
        for (int round = 0; round < 20; round++) {
            reconciler.begin();
            reconciler.look(keys);
            long before = statistics.reconciled.sum();
            CompletableFuture<Void> looking = CompletableFuture.runAsync(() -> reconciler.look(keys));
            while (statistics.reconciled.sum() == before && !looking.isDone()) {
                Thread.onSpinWait();
            }
            reconciler.begin();
            looking.get(60, TimeUnit.SECONDS);
            reconciler.look(keys);
            reconciler.look(keys);
            Set<String> missing = new HashSet<>(keys);
            for (Received each = reconciler.poll(); each != null; each = reconciler.poll()) {
                missing.remove(each.key());
                reconciler.arrived(each.key());
            }
            assertEquals(Set.of(), missing, "round " + round);
        }
    }

    @Test
    void whatIsFoundIsNotInThePipelineBeforeThatHasTakenIt() {
        put("e1@a", "2026-01-01T00:00:00.000001Z");
        reconciler.look(pending.localKeySet());
        reconciler.look(pending.localKeySet());
        assertFalse(reconciler.has("e1@a"));
        put("e2@a", "2026-01-01T00:00:00.000002Z");
        Arrivals arrivals = new Arrivals(EventTypes.all(), reconciler, event -> 0, statistics.journalLost);
        arrivals.putInFront(reconciler.inOrder(pending.localKeySet()));
        assertNull(reconciler.poll(), "it has come with what was there before");
        assertEquals(
                List.of("e1@a", "e2@a"),
                arrivals.nextBatch().stream().map(Received::key).toList());
    }

    @Test
    void whatIsLeftFromAnEarlierRunComesInTheOrderOfSubmission() {
        put("e3@a", "2026-01-01T00:00:00.000003Z");
        put("e1@a", "2026-01-01T00:00:00.000001Z");
        put("e2@b", "2026-01-01T00:00:00.000002Z");
        List<String> keys = reconciler.inOrder(pending.localKeySet()).stream()
                .map(Received::key)
                .toList();
        assertEquals(List.of("e1@a", "e2@b", "e3@a"), keys);
    }

    @Test
    void whatOtherCodeMadeOfAnEventComesBehindTheFirstOfItWhateverTheClocksSay() {
        put("e1@a", "2026-01-01T00:00:00.000005Z");
        put("e1/s7@a", "2026-01-01T00:00:00.000001Z");
        put("e1/s8@a", "2026-01-01T00:00:00.000009Z");
        put("e2@a", "2026-01-01T00:00:00.000002Z");
        put("e3@a", "2026-01-01T00:00:00.000007Z");
        put("e4/s9@a", "2026-01-01T00:00:00.000003Z");
        List<Received> events = reconciler.inOrder(pending.localKeySet());
        assertEquals(
                List.of("e2@a", "e4/s9@a", "e1@a", "e1/s7@a", "e3@a", "e1/s8@a"),
                events.stream().map(Received::key).toList());
        assertEquals(
                List.of("e2", "e4", "e1", "e1", "e3", "e1"),
                events.stream().map(Received::eventId).toList());
    }

    @Test
    void whatWasStoredComesFirstInTheOrderOfStoring() throws Exception {
        String run = TestMember.newId();
        put(run + "-new@a", "2026-01-01T00:00:00.000001Z");
        put(run + "-second@a", "2026-01-01T00:00:00.000002Z");
        put(run + "-first@b", "2026-01-01T00:00:00.000003Z");
        put(run + "-claimed@c", "2026-01-01T00:00:00.000004Z");
        store(run + "-second", "0002-00001");
        store(run + "-first", "0001-00002");
        TestMember.hazelcast()
                .getMap(Names.EVENT_IDS)
                .set(run + "-claimed", new HazelcastJsonValue("{\"hash\":\"h\",\"key\":\"T:never@" + run + "\"}"));
        List<String> keys = reconciler.inOrder(pending.localKeySet()).stream()
                .map(Received::key)
                .toList();
        assertEquals(List.of(run + "-first@b", run + "-second@a", run + "-new@a", run + "-claimed@c"), keys);
    }

    private static void store(String eventId, String cursor) throws Exception {
        String key = "T:1@" + eventId;
        TestMember.hazelcast()
                .getMap(Names.EVENT_IDS)
                .set(eventId, new HazelcastJsonValue("{\"hash\":\"h\",\"key\":\"" + key + "\"}"));
        TestMember.hazelcast()
                .getMap(Names.EVENT_STORE)
                .set(key, new HazelcastJsonValue("{\"cursor\":\"" + cursor + "\",\"eventId\":\"" + eventId + "\"}"));
    }

    @Test
    void whatLeftThePipelineAndIsPendingAgainIsFound() {
        put("e1@a", "2026-01-01T00:00:00.000001Z");
        reconciler.arrived("e1@a");
        reconciler.left(List.of("e1@a"));
        reconciler.look(pending.localKeySet());
        reconciler.look(pending.localKeySet());
        assertTrue(reconciler.poll() != null);
    }
}
