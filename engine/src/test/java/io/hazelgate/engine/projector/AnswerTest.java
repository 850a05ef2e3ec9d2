package io.hazelgate.engine.projector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AnswerTest {
    private static Answer answer(Write... writes) {
        List<Outcome> outcomes = Stream.of("a", "b", "c")
                .map(key -> new Outcome(Outcome.ACCEPTED, key, null, null, null, null, "", false))
                .toList();
        return new Answer(Map.of(), outcomes, List.of(writes));
    }

    private static Write write(String key, int... events) {
        return new Write("view", key, 0, null, events);
    }

    @Test
    void theOthersStayWithoutWhatIsLeftOut() {
        Answer rest = answer(write("x", 0), write("y", 1), write("z", 0, 2)).without(Set.of(1));
        assertEquals(
                List.of("a", "c"),
                rest.outcomes().stream().map(Outcome::storeKey).toList());
        assertEquals(List.of("x", "z"), rest.writes().stream().map(Write::key).toList());
        assertArrayEquals(new int[] {0, 1}, rest.writes().get(1).events());
    }

    @Test
    void anEntryThatBothHaveChangedIsToBeMadeAnew() {
        assertNull(answer(write("x", 0, 1)).without(Set.of(1)));
    }
}
