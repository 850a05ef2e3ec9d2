package io.hazelgate.engine.fold;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hazelgate.engine.projector.Answer;
import io.hazelgate.engine.projector.BatchTooLarge;
import io.hazelgate.engine.wire.Loaded;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RoundsTest {
    private static final byte[] VALUE = {1};
    private static final Answer DONE = new Answer(Map.of(), List.of(), List.of());

    private final List<Integer> asked = new ArrayList<>();
    private final Rounds rounds = new Rounds((needs, loaded) -> needs.forEach((map, keys) -> keys.forEach(
            key -> loaded.computeIfAbsent(map, name -> new HashMap<>()).put(key, VALUE))));

    private static Answer needs(String map, String key) {
        return new Answer(Map.of(map, List.of(key)), List.of(), List.of());
    }

    @Test
    void eachRoundHasWhatTheRoundsBeforeItNeeded() {
        Loaded known = new Loaded();
        known.put("decisions", Map.of("d", VALUE));
        Answer answer = rounds.ask(0, known, (round, loaded) -> {
            asked.add(round);
            assertTrue(loaded.containsKey("decisions"));
            return switch (round) {
                case 0 -> needs("orders", "a");
                case 1 -> needs("orders", "b");
                default -> {
                    assertEquals(Map.of("a", VALUE, "b", VALUE), loaded.get("orders"));
                    yield DONE;
                }
            };
        });
        assertEquals(DONE, answer);
        assertEquals(List.of(0, 1, 2), asked);
    }

    @Test
    void whoHasAskedForThePlanGoesOnWithTheRoundAfterIt() {
        rounds.ask(1, new Loaded(), (round, loaded) -> {
            asked.add(round);
            return DONE;
        });
        assertEquals(List.of(1), asked);
    }

    @Test
    void aProjectorThatNeverHasEnoughIsNotAskedForEver() {
        assertThrows(
                BatchTooLarge.class,
                () -> rounds.ask(0, new Loaded(), (round, loaded) -> {
                    asked.add(round);
                    return needs("orders", "key " + round);
                }));
        assertEquals(65, asked.size(), "a plan and 64 rounds");
    }
}
