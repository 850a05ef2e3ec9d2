package io.hazelgate.engine.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.EntryEventType;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import com.hazelcast.map.listener.EntryAddedListener;
import com.hazelcast.map.listener.EntryRemovedListener;
import com.hazelcast.map.listener.EntryUpdatedListener;
import io.hazelgate.engine.TestMember;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EntriesTest {
    private String name;
    private IMap<String, HazelcastJsonValue> map;
    private Entries entries;

    @BeforeEach
    void freshMap() throws Exception {
        name = TestMember.newId() + "-view";
        map = TestMember.hazelcast().getMap(name);
        entries = TestMember.store(TestMember.hazelcast()).entries();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] entry(int version) {
        return utf8("{\"_meta\":{\"version\":" + version + "},\"n\":" + version + "}");
    }

    private Map<String, byte[]> change(Change... changes) {
        return entries.change(name, List.of(changes)).join();
    }

    @Test
    void whatIsWrittenIsAnOrdinaryJsonValueForEverybody() {
        change(Change.set("a", utf8("{\"name\":\"Zoë 🦊\"}")));
        assertEquals(new HazelcastJsonValue("{\"name\":\"Zoë 🦊\"}"), map.get("a"));
    }

    @Test
    void whatOthersWroteIsRead() {
        map.set("a", new HazelcastJsonValue("{\"name\":\"Zoë 🦊\"}"));
        Map<String, byte[]> read = entries.read(name, List.of("a", "b")).join();
        assertEquals("{\"name\":\"Zoë 🦊\"}", new String(read.get("a"), StandardCharsets.UTF_8));
        assertTrue(read.containsKey("b"));
        assertNull(read.get("b"));
    }

    @Test
    void aValueThatIsNotJsonIsReadAsItsString() throws Exception {
        TestMember.hazelcast().<String, String>getMap(name).set("a", "plain");
        assertEquals("plain", new String(entries.read(name, List.of("a")).join().get("a"), StandardCharsets.UTF_8));
    }

    @Test
    void manyKeysInManyPartitionsGoTogether() {
        List<Change> changes = new ArrayList<>();
        IntStream.range(0, 2_000).forEach(i -> changes.add(Change.set("k" + i, entry(i))));
        assertTrue(entries.change(name, changes).join().isEmpty());
        assertEquals(2_000, map.size());
        Map<String, byte[]> read =
                entries.read(name, changes.stream().map(Change::key).toList()).join();
        for (int i = 0; i < 2_000; i++) {
            assertEquals(new String(entry(i)), new String(read.get("k" + i)));
        }
    }

    @Test
    void nothingToDoIsDoneAtOnce() {
        assertTrue(entries.change(name, List.of()).join().isEmpty());
        assertTrue(entries.read(name, List.of()).join().isEmpty());
    }

    @Test
    void aChangeIsMadeWhereTheVersionIsTheExpectedOne() {
        assertTrue(change(Change.setIfVersion("a", 0, entry(1))).isEmpty());
        assertTrue(change(Change.setIfVersion("a", 1, entry(2))).isEmpty());
        assertEquals(new String(entry(2)), map.get("a").getValue());
    }

    @Test
    void aStaleChangeIsRefusedAndShowsWhatIsThere() {
        map.set("a", new HazelcastJsonValue(new String(entry(5))));
        Map<String, byte[]> refused =
                change(Change.setIfVersion("a", 4, entry(5)), Change.setIfVersion("b", 1, entry(2)));
        assertEquals(new String(entry(5)), new String(refused.get("a")));
        assertTrue(refused.containsKey("b"));
        assertNull(refused.get("b"));
        assertEquals(new String(entry(5)), map.get("a").getValue());
        assertFalse(map.containsKey("b"));
    }

    @Test
    void anEntryOfSomebodyElseHasNoVersion() {
        map.set("a", new HazelcastJsonValue("{\"name\":\"_meta\"}"));
        assertTrue(change(Change.setIfVersion("a", 0, entry(1))).isEmpty());
    }

    @Test
    void theFirstOfTwoStays() {
        assertTrue(change(Change.setIfAbsent("a", entry(1))).isEmpty());
        assertEquals(
                new String(entry(1), StandardCharsets.UTF_8),
                new String(change(Change.setIfAbsent("a", entry(2))).get("a")));
        assertEquals(new String(entry(1), StandardCharsets.UTF_8), map.get("a").getValue());
    }

    @Test
    void changesOfOneKeyAreMadeInOrder() {
        change(Change.set("a", entry(1)), Change.remove("a"), Change.setIfAbsent("a", entry(3)));
        assertEquals(new String(entry(3)), map.get("a").getValue());
    }

    @Test
    void aRemovedEntryIsGoneAndRemovingNothingIsNoError() {
        change(Change.set("a", entry(1)));
        assertTrue(change(Change.remove("a"), Change.remove("never-there")).isEmpty());
        assertFalse(map.containsKey("a"));
    }

    @Test
    void anEntryMayHaveATimeToLive() throws Exception {
        change(Change.setIfSameFor("a", null, entry(1), 1_000), Change.set("b", entry(1)));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (entries.read(name, List.of("a")).join().get("a") != null && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertNull(entries.read(name, List.of("a")).join().get("a"));
        assertTrue(
                change(Change.setIfAbsent("a", entry(2)), Change.remove("a")).isEmpty(), "what has expired is absent");
        assertFalse(map.containsKey("a"));
        assertTrue(map.containsKey("b"));
    }

    @Test
    void listenersOfTheMapHearOfTheChanges() throws Exception {
        BlockingQueue<EntryEventType> heard = new LinkedBlockingQueue<>();
        map.addEntryListener((EntryAddedListener<String, HazelcastJsonValue>) e -> heard.add(e.getEventType()), true);
        map.addEntryListener((EntryUpdatedListener<String, HazelcastJsonValue>) e -> heard.add(e.getEventType()), true);
        map.addEntryListener((EntryRemovedListener<String, HazelcastJsonValue>) e -> heard.add(e.getEventType()), true);
        change(Change.set("a", entry(1)), Change.set("a", entry(2)), Change.remove("a"));
        assertEquals(EntryEventType.ADDED, heard.poll(60, TimeUnit.SECONDS));
        assertEquals(EntryEventType.UPDATED, heard.poll(60, TimeUnit.SECONDS));
        assertEquals(EntryEventType.REMOVED, heard.poll(60, TimeUnit.SECONDS));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-view", Names.AGGREGATE_HEADS})
    void aFillingPutsWhatIsNotThere(String map) throws Exception {
        String filled = map.equals("-view") ? TestMember.newId() + map : map;
        String id = TestMember.newId();
        entries.change(filled, List.of(Change.set("there@" + id, entry(7)))).join();
        Filling filling = entries.filling(filled);
        byte[] bytes = ("<new@" + id + "><there@" + id + ">").getBytes(StandardCharsets.UTF_8);
        int second = bytes.length - ("there@" + id + ">").length();
        byte[] value = ("=" + new String(entry(1), StandardCharsets.UTF_8) + "=").getBytes(StandardCharsets.UTF_8);
        filling.add(bytes, 1, second - 2, value, 1, value.length - 1);
        filling.add(bytes, second, bytes.length - 1, value, 1, value.length - 1);
        Arrays.fill(bytes, (byte) 'x');
        Arrays.fill(value, (byte) 'x');
        filling.send().join();
        Map<String, byte[]> found =
                entries.read(filled, List.of("new@" + id, "there@" + id)).join();
        assertArrayEquals(entry(1), found.get("new@" + id));
        assertArrayEquals(entry(7), found.get("there@" + id));
        IMap<String, HazelcastJsonValue> asOthersSeeIt = TestMember.hazelcast().getMap(filled);
        assertEquals(
                new String(entry(1), StandardCharsets.UTF_8),
                asOthersSeeIt.get("new@" + id).getValue());
        filling.send().join();
        asOthersSeeIt.delete("new@" + id);
        asOthersSeeIt.delete("there@" + id);
        assertFalse(asOthersSeeIt.containsKey("new@" + id));
    }

    @Test
    void aBackupHoldsWhatItsOwnerHeld() throws Exception {
        int seedPort = TestMember.freePort();
        String cluster = "backup-" + TestMember.newId();
        HazelcastInstance first = TestMember.newMember(cluster, seedPort, seedPort);
        HazelcastInstance second = TestMember.newMember(cluster, TestMember.freePort(), seedPort);
        try {
            TestMember.awaitSafe(second);
            Entries ofFirst = TestMember.store(first).entries();
            List<Change> changes = new ArrayList<>();
            IntStream.range(0, 500).forEach(i -> changes.add(Change.setIfVersion("k" + i, 0, entry(1))));
            assertTrue(ofFirst.change(name, changes).join().isEmpty());
            List<Change> second500 = new ArrayList<>();
            IntStream.range(0, 500)
                    .forEach(i -> second500.add(
                            i % 5 == 0 ? Change.remove("k" + i) : Change.setIfVersion("k" + i, 1, entry(2))));
            assertTrue(ofFirst.change(name, second500).join().isEmpty());
            assertEquals(2, first.getCluster().getMembers().size());
            first.getLifecycleService().terminate();
            IMap<String, HazelcastJsonValue> left = second.getMap(name);
            assertEquals(400, left.size());
            assertEquals(new String(entry(2)), left.get("k1").getValue());
            assertFalse(left.containsKey("k5"));
            assertEquals(
                    Map.of(),
                    TestMember.store(second)
                            .entries()
                            .change(name, List.of(Change.setIfVersion("k1", 2, entry(3))))
                            .join());
        } finally {
            first.getLifecycleService().terminate();
            second.getLifecycleService().terminate();
        }
    }
}
