package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hazelgate.engine.projector.Answer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ContestedTest {
    private final List<Received> events = Stream.of("1@a", "2@b", "3@a", "4@c", "5@b")
            .map(ContestedTest::event)
            .toList();

    private static Received event(String key) {
        return new Received(key, new byte[0], 0, false);
    }

    private static List<String> keys(List<Received> events) {
        return events.stream().map(Received::key).toList();
    }

    @Test
    void laterEventsOfAnAggregateWaitBehindItsContestedOne() {
        List<Received> left = Contested.and(Set.of("2@b"), events, List.of());
        assertEquals(List.of("2@b", "5@b"), keys(left));
        assertEquals(List.of("1@a", "3@a", "4@c"), keys(Contested.without(left, events)));
    }

    @Test
    void earlierEventsOfAnAggregateGoOn() {
        assertEquals(List.of("3@a"), keys(Contested.and(Set.of("3@a"), events, List.of())));
    }

    private static Answer answer(int[]... after) {
        return new Answer(Map.of(), List.of(), List.of(), List.of(), List.of(after));
    }

    /** The events are at 1 to 5 in the answer, behind a stored one that was found. */
    @Test
    void whoHasSeenWhatAContestedOneDidWaitsWithItAndSoDoesWhoHasSeenThat() {
        Answer answer = answer(new int[] {4, 2}, new int[] {3, 1});
        assertEquals(Set.of(2, 4, 5), Contested.indexes(Set.of("2@b"), events, answer, 1));
        Answer chain = answer(new int[] {3, 2}, new int[] {4, 3});
        assertEquals(Set.of(2, 3, 4, 5), Contested.indexes(Set.of("2@b"), events, chain, 1));
    }

    @Test
    void nothingOvertakesWhatAnEarlierPartHasLeft() {
        assertEquals(List.of("4@c"), keys(Contested.and(Set.of(), events, List.of(event("0@c")))));
    }
}
