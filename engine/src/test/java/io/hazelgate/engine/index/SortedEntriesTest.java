package io.hazelgate.engine.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SortedEntriesTest {
    private final Random chance = new Random(7);

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static <E> List<E> read(SortedEntries<E> entries, Range range) {
        List<E> read = new ArrayList<>();
        SortedEntries.Cursor<E> cursor = entries.cursor(range);
        while (cursor.next()) {
            read.add(cursor.entry());
        }
        return read;
    }

    private static String number(int number) {
        return String.format("%06d", number);
    }

    @Test
    void entriesComeAndGoInAnyOrder() {
        SortedEntries<String> entries = new SortedEntries<>();
        NavigableMap<String, String> expected = new TreeMap<>();
        for (int round = 0; round < 60_000; round++) {
            // Grows, shrinks to nearly nothing, and grows again.
            boolean shrinks = round / 10_000 % 2 == 1;
            String key = number(chance.nextInt(shrinks ? 3_000 : 12_000));
            if (expected.containsKey(key)) {
                assertTrue(entries.remove(utf8(key), expected.remove(key)));
            } else if (!shrinks || chance.nextInt(20) == 0) {
                String entry = "entry " + key;
                expected.put(key, entry);
                entries.add(utf8(key), entry);
            }
            if (round % 997 == 0) {
                assertEquals(new ArrayList<>(expected.values()), read(entries, Range.ALL));
                checkSomeRange(entries, expected);
            }
        }
        new ArrayList<>(expected.keySet()).forEach(key -> entries.remove(utf8(key), expected.remove(key)));
        assertEquals(List.of(), read(entries, Range.ALL));
    }

    private void checkSomeRange(SortedEntries<String> entries, NavigableMap<String, String> expected) {
        for (int i = 0; i < 40; i++) {
            String from = chance.nextInt(5) == 0 ? null : number(chance.nextInt(13_000));
            String to = chance.nextInt(5) == 0 ? null : number(chance.nextInt(13_000));
            boolean fromInclusive = chance.nextBoolean();
            boolean toInclusive = chance.nextBoolean();
            NavigableMap<String, String> part = expected;
            part = from == null ? part : part.tailMap(from, fromInclusive);
            part = to == null
                    ? part
                    : from != null && from.compareTo(to) > 0 ? new TreeMap<>() : part.headMap(to, toInclusive);
            List<String> ascending = new ArrayList<>(part.values());
            Range range = Range.of(from, fromInclusive, to, toInclusive, false);
            assertEquals(ascending, read(entries, range));
            assertEquals(ascending.size(), entries.count(range));
            Collections.reverse(ascending);
            assertEquals(ascending, read(entries, Range.of(from, fromInclusive, to, toInclusive, true)));
        }
    }

    @Test
    void whatIsMadeAtOnceIsAsIfItHadCome() {
        for (int size : List.of(0, 1, 47, 48, 49, 5_000)) {
            List<String> keys =
                    IntStream.range(0, size).mapToObj(i -> number(2 * i)).toList();
            SortedEntries<String> entries = new SortedEntries<>(
                    keys.stream().map(SortedEntriesTest::utf8).toArray(byte[][]::new), keys.toArray());
            assertEquals(keys, read(entries, Range.ALL));
            IntStream.range(0, size).forEach(i -> entries.add(utf8(number(2 * i + 1)), number(2 * i + 1)));
            assertEquals(
                    IntStream.range(0, 2 * size)
                            .mapToObj(SortedEntriesTest::number)
                            .toList(),
                    read(entries, Range.ALL));
            keys.forEach(key -> assertTrue(entries.remove(utf8(key), key)));
            assertEquals(size, entries.count(Range.ALL));
        }
    }

    @Test
    void keysThatAreTheSameAreToldApartByTheirEntries() {
        SortedEntries<String> entries = new SortedEntries<>();
        List<String> same = IntStream.range(0, 300).mapToObj(i -> "same " + i).toList();
        entries.add(utf8("a"), "first");
        entries.add(utf8("c"), "last");
        same.forEach(entry -> entries.add(utf8("b"), entry));
        assertFalse(entries.remove(utf8("b"), "another"));
        assertEquals(300, entries.count(Range.of("b", true, "b", true, false)));
        for (String entry : same) {
            assertTrue(entries.remove(utf8("b"), entry));
            assertFalse(entries.remove(utf8("b"), entry));
        }
        assertEquals(List.of("first", "last"), read(entries, Range.ALL));
    }

    @Test
    void theOrderIsThatOfCodePoints() {
        SortedEntries<String> entries = new SortedEntries<>();
        List<String> ordered = List.of("", "A", "a", "aa", "ä", "€", "\uffee", "🦊", "🦊a");
        List<String> shuffled = new ArrayList<>(ordered);
        Collections.shuffle(shuffled, chance);
        shuffled.forEach(key -> entries.add(utf8(key), key));
        assertEquals(ordered, read(entries, Range.ALL));
    }

    @Test
    void whoReadsSeesAllThatKeepsItsPlaceOnceWhileOthersComeAndGo() {
        SortedEntries<Integer> entries = new SortedEntries<>();
        // Every tenth stays; the others come and go between them.
        List<Integer> staying = IntStream.range(0, 500).mapToObj(i -> 10 * i).toList();
        staying.forEach(number -> entries.add(utf8(number(number)), number));
        AtomicBoolean ended = new AtomicBoolean();
        CompletableFuture<Integer> writer = CompletableFuture.supplyAsync(() -> {
            boolean[] there = new boolean[5_000];
            int changes = 0;
            while (!ended.get()) {
                int number = chance.nextInt(5_000);
                if (number % 10 > 0) {
                    // By stretches there are many, or few.
                    boolean wanted = (number / 200 + changes / 10_000) % 2 == 0;
                    if (wanted && !there[number]) {
                        entries.add(utf8(number(number)), number);
                    } else if (!wanted && there[number]) {
                        entries.remove(utf8(number(number)), number);
                    }
                    there[number] = wanted;
                    changes++;
                }
            }
            return changes;
        });
        try {
            List<Integer> backwards = new ArrayList<>(staying);
            Collections.reverse(backwards);
            for (int look = 0; look < 500; look++) {
                boolean descending = look % 2 == 0;
                List<Integer> seen = read(entries, new Range(null, true, null, true, descending));
                List<Integer> stayed =
                        seen.stream().filter(number -> number % 10 == 0).toList();
                assertEquals(descending ? backwards : staying, stayed, "in look " + look);
            }
        } finally {
            ended.set(true);
        }
        assertTrue(writer.join() > 10_000, "many changes were made meanwhile");
    }
}
