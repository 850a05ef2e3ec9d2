package io.hazelgate.engine.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.core.IndeterminateOperationStateException;
import com.hazelcast.core.MemberLeftException;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.JsonData;
import io.hazelgate.engine.wire.Names;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IndexesTest {
    private static final int SOME = 400;
    private final Random chance = new Random(3);
    private final String view = TestMember.newId() + "-view";

    private static byte[] entry(String sortKey, int number) {
        String keys = sortKey == null ? "" : "\"n\":\"" + sortKey + "\"";
        return ("{\"_meta\":{\"version\":1,\"keys\":{" + keys + "}},\"number\":" + number + "}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String sortKey(int order, String key) {
        return String.format("%05d|%s", order, key);
    }

    /** What the index has, as {@code sort key=entry}, of all members. */
    private static List<String> read(String view, Range range, HazelcastInstance... members) {
        List<String> read = new ArrayList<>();
        for (HazelcastInstance member : members) {
            Walk walk = TestMember.indexes(member).walk(view, "n", range);
            while (walk.next()) {
                read.add(new String(walk.key(), StandardCharsets.UTF_8) + "="
                        + new String(JsonData.textOf(walk.value()), StandardCharsets.UTF_8));
            }
        }
        return read;
    }

    private static List<String> expected(Map<String, byte[]> entries) {
        Map<String, String> expected = new TreeMap<>();
        entries.values().forEach(value -> {
            String json = new String(value, StandardCharsets.UTF_8);
            int from = json.indexOf("\"n\":\"");
            if (from > 0) {
                expected.put(json.substring(from + 5, json.indexOf('"', from + 5)), json);
            }
        });
        return expected.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList();
    }

    private byte[] entryOf(String key) {
        return entry(chance.nextInt(6) == 0 ? null : sortKey(chance.nextInt(40), key), chance.nextInt(1_000));
    }

    @Test
    void itFollowsEveryKindOfChange() throws Exception {
        HazelcastInstance hazelcast = TestMember.hazelcast();
        TestMember.store(hazelcast).generations().declare(view, List.of("n"));
        IMap<String, HazelcastJsonValue> map = hazelcast.getMap(view);
        Map<String, byte[]> entries = new HashMap<>();
        assertEquals(List.of(), read(view, Range.ALL, hazelcast));
        for (int round = 0; round < 3_000; round++) {
            String key = "k" + chance.nextInt(SOME);
            byte[] value = entryOf(key);
            HazelcastJsonValue json = new HazelcastJsonValue(new String(value, StandardCharsets.UTF_8));
            boolean there = entries.containsKey(key);
            int kind = chance.nextInt(10);
            switch (kind) {
                case 0 -> map.delete(key);
                case 1 -> map.remove(key);
                case 2 -> map.evict(key);
                case 3 -> change(hazelcast, Change.remove(key));
                case 4 -> map.set(key, json);
                case 5 -> map.put(key, json);
                case 6 -> map.putIfAbsent(key, json);
                case 7 -> map.replace(key, json);
                case 8 -> map.putAll(Map.of(key, json));
                default -> change(hazelcast, Change.set(key, value));
            }
            HazelcastJsonValue now = map.get(key);
            if (now == null) {
                entries.remove(key);
            } else {
                entries.put(key, now.getValue().getBytes(StandardCharsets.UTF_8));
            }
            assertEquals(kind > 3 && (kind != 7 || there), now != null, "after a change of kind " + kind);
            if (round % 50 == 0) {
                assertEquals(expected(entries), read(view, Range.ALL, hazelcast));
            }
        }
        assertEquals(expected(entries), read(view, Range.ALL, hazelcast));
        map.clear();
        assertEquals(List.of(), read(view, Range.ALL, hazelcast));
        change(hazelcast, Change.set("again", entry("again", 1)));
        assertEquals(1, read(view, Range.ALL, hazelcast).size());
        map.destroy();
        assertEquals(List.of(), read(view, Range.ALL, hazelcast));
        change(hazelcast, Change.set("anew", entry("anew", 1)));
        assertEquals(1, read(view, Range.ALL, hazelcast).size());
    }

    private void change(HazelcastInstance hazelcast, Change change) {
        TestMember.store(hazelcast).entries().change(view, List.of(change)).join();
    }

    /** A write whose fate is unknown, since a member died, is made again. */
    private void persistently(HazelcastInstance hazelcast, Change change) {
        while (true) {
            try {
                change(hazelcast, change);
                return;
            } catch (CompletionException e) {
                assertTrue(
                        e.getCause() instanceof IndeterminateOperationStateException
                                || e.getCause() instanceof MemberLeftException,
                        e.toString());
            }
        }
    }

    private Map<String, byte[]> fill(HazelcastInstance hazelcast, int count) {
        Map<String, byte[]> entries = new HashMap<>();
        List<Change> changes = new ArrayList<>();
        IntStream.range(0, count).forEach(i -> {
            entries.put("k" + i, entryOf("k" + i));
            changes.add(Change.set("k" + i, entries.get("k" + i)));
        });
        TestMember.store(hazelcast).entries().change(view, changes).join();
        return entries;
    }

    @Test
    void itIsMadeOfWhatIsThereAlready() throws Exception {
        HazelcastInstance hazelcast = TestMember.hazelcast();
        Map<String, byte[]> entries = fill(hazelcast, 2 * SOME);
        TestMember.store(hazelcast).generations().declare(view, List.of("n"));
        assertEquals(expected(entries), read(view, Range.ALL, hazelcast));
        String from = sortKey(7, "");
        List<String> above = expected(entries).stream()
                .filter(line -> line.compareTo(from) >= 0)
                .toList();
        assertEquals(above, read(view, Range.above(from), hazelcast));
        assertEquals(above.size(), TestMember.indexes(hazelcast).count(view, "n", Range.above(from)));
    }

    @Test
    void itIsMadeInTheBackgroundWhileEntriesComeAndGo() throws Exception {
        HazelcastInstance hazelcast = TestMember.hazelcast();
        TestMember.store(hazelcast).generations().declare(view, List.of("n"));
        Map<String, byte[]> entries = fill(hazelcast, 5 * SOME);
        TestMember.indexes(hazelcast).begin(Map.of(view, view));
        for (int i = 0; i < SOME; i++) {
            String key = "k" + i;
            entries.put(key, entry(sortKey(i, key), i));
            change(hazelcast, Change.set(key, entries.get(key)));
        }
        TestMember.indexes(hazelcast).make(Map.of(view, view));
        assertEquals(expected(entries), read(view, Range.ALL, hazelcast));
    }

    @Test
    void anotherSortKeyIsAddedToTheOnesThatAreThere() throws Exception {
        HazelcastInstance hazelcast = TestMember.hazelcast();
        TestMember.store(hazelcast).generations().declare(view, List.of("n"));
        Map<String, byte[]> entries = fill(hazelcast, SOME);
        assertEquals(expected(entries), read(view, Range.ALL, hazelcast));
        Exception error = assertThrows(
                IllegalStateException.class, () -> TestMember.indexes(hazelcast).walk(view, "other", Range.ALL));
        assertTrue(error.getMessage().contains("has no index other"), error.getMessage());
        TestMember.store(hazelcast).generations().declare(view, List.of("other"));
        assertFalse(TestMember.indexes(hazelcast).walk(view, "other", Range.ALL).next());
        change(
                hazelcast,
                Change.set(
                        "x", "{\"_meta\":{\"keys\":{\"other\":\"o\",\"n\":\"99\"}}}".getBytes(StandardCharsets.UTF_8)));
        assertTrue(TestMember.indexes(hazelcast).walk(view, "other", Range.ALL).next());
        assertEquals(
                expected(entries).size() + 1, read(view, Range.ALL, hazelcast).size());
    }

    @Test
    void eventsOfTheWholeClusterAreCounted() throws Exception {
        HazelcastInstance hazelcast = TestMember.hazelcast();
        IMap<String, HazelcastJsonValue> store = hazelcast.getMap(Names.EVENT_STORE);
        List<String> keys = IntStream.range(0, 30)
                .mapToObj(i -> "T:" + i + "@" + TestMember.newId())
                .toList();
        for (int i = 0; i < keys.size(); i++) {
            store.set(keys.get(i), new HazelcastJsonValue(String.format("{\"cursor\":\"%016d-00001\"}", 100 + i)));
        }
        Indexes indexes = TestMember.indexes(hazelcast);
        Range some = Range.of(String.format("%016d-~", 104), false, String.format("%016d-~", 120), true, false);
        assertEquals(16, indexes.countEvents(some));
        keys.forEach(store::delete);
        assertEquals(0, indexes.countEvents(some));
    }

    @Test
    void pagesAreWholeWhileMembersComeAndGo() throws Exception {
        int seedPort = TestMember.freePort();
        String cluster = "indexes-" + TestMember.newId();
        HazelcastInstance first = TestMember.newMember(cluster, seedPort, seedPort);
        HazelcastInstance second = TestMember.newMember(cluster, TestMember.freePort(), seedPort);
        HazelcastInstance third = null;
        AtomicBoolean ended = new AtomicBoolean();
        try {
            TestMember.awaitSafe(first);
            TestMember.store(first).generations().declare(view, List.of("n"));
            Map<String, byte[]> entries = fill(first, 5 * SOME);
            TestMember.awaitSafe(first);
            assertSorted(entries, first, second);
            // All but the first entries keep their places while the others are written.
            CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
                for (int i = 0; !ended.get(); i++) {
                    String key = "k" + i % SOME;
                    byte[] value = entry(sortKey(i % 50, key), i);
                    persistently(first, Change.set(key, value));
                    entries.put(key, value);
                }
            });
            third = TestMember.newMember(cluster, TestMember.freePort(), seedPort);
            TestMember.awaitSafe(first);
            second.getLifecycleService().terminate();
            TestMember.awaitSafe(first);
            ended.set(true);
            writer.get(300, TimeUnit.SECONDS);
            assertSorted(entries, first, third);
            first.getLifecycleService().shutdown();
            TestMember.awaitSafe(third);
            assertSorted(entries, third);
            TestMember.store(third)
                    .entries()
                    .change(view, List.of(Change.remove("k1")))
                    .join();
            entries.remove("k1");
            assertSorted(entries, third);
        } finally {
            ended.set(true);
            first.getLifecycleService().terminate();
            second.getLifecycleService().terminate();
            if (third != null) {
                third.getLifecycleService().terminate();
            }
        }
    }

    private void assertSorted(Map<String, byte[]> entries, HazelcastInstance... members) {
        List<String> read = read(view, Range.ALL, members);
        if (members.length > 1) {
            assertTrue(read(view, Range.ALL, members[1]).size() > 0, "both have some");
        }
        assertEquals(
                expected(entries).stream().sorted().toList(),
                read.stream().sorted().toList());
    }
}
