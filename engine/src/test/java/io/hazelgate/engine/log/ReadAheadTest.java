package io.hazelgate.engine.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ReadAheadTest {
    private final ReadAhead pages = new ReadAhead();
    private final ConcurrentLinkedQueue<String> read = new ConcurrentLinkedQueue<>();
    private volatile long stored = 5;

    private static String cursor(long position) {
        return String.format("%016d-00001", position);
    }

    private Function<String, LogPage> read(int most) {
        return after -> {
            read.add(after == null ? "the beginning" : after);
            long from = after == null ? 0 : new StoredEvent(after, null, null).position();
            List<StoredEvent> events = LongStream.rangeClosed(from + 1, Math.min(stored, from + most))
                    .mapToObj(position -> new StoredEvent(cursor(position), new byte[0], null))
                    .toList();
            return new LogPage(events, events.size() < most);
        };
    }

    private List<Long> next(String cursor, int most) {
        return pages.next(cursor, most, read(most)).events().stream()
                .map(StoredEvent::position)
                .toList();
    }

    @Test
    void eachPageIsReadOnceAndTheLastOneToo() {
        assertEquals(List.of(1L, 2L), next(null, 2));
        assertEquals(List.of(3L, 4L), next(cursor(2), 2));
        assertEquals(List.of(5L), next(cursor(4), 2));
        assertEquals(List.of("the beginning", cursor(2), cursor(4)), List.copyOf(read));
        assertEquals(List.of(), next(cursor(5), 2));
    }

    @Test
    void behindAPageThatWasCutByItsBytesTheNextOneIsReadAhead() {
        assertFalse(pages.next(null, 100, read(2)).isLast());
        assertFalse(pages.next(cursor(2), 100, read(2)).isLast());
        assertTrue(pages.next(cursor(4), 100, read(2)).isLast());
        assertEquals(List.of("the beginning", cursor(2), cursor(4)), List.copyOf(read));
    }

    @Test
    void whoGoesBackGetsWhatIsThere() {
        next(null, 2);
        assertEquals(List.of(1L, 2L), next(null, 2));
    }

    @Test
    void aPageThatWasReadAheadMayBeMoreThanIsWantedNow() {
        next(null, 2);
        assertEquals(List.of(3L), next(cursor(2), 1));
        assertEquals(List.of(4L), next(cursor(3), 1));
    }

    @Test
    void whatCameSinceIsReadWhereNothingWasAhead() {
        stored = 2;
        next(null, 2);
        while (read.size() < 2) {
            Thread.onSpinWait();
        }
        stored = 3;
        assertEquals(List.of(3L), next(cursor(2), 2));
    }

    @Test
    void aFailureOfTheReaderIsThrownAsItIs() {
        next(null, 2);
        pages.next(cursor(2), 2, after -> {
            if (after.equals(cursor(2))) {
                return read(2).apply(after);
            }
            throw new LogAway("away", null);
        });
        assertThrows(LogAway.class, () -> next(cursor(4), 2));
    }
}
