package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hazelgate.engine.projector.Answer;
import io.hazelgate.engine.projector.Care;
import io.hazelgate.engine.projector.Input;
import io.hazelgate.engine.projector.Outcome;
import io.hazelgate.engine.projector.Write;
import io.hazelgate.engine.wire.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

class UpdateViewsTest {
    private static final List<Write> FIRST = List.of(new Write("view", "first", 1, null, new int[] {0, 1, 2}));
    private static final List<Write> SECOND = List.of(new Write("view", "second", 2, null, new int[] {0, 1}));
    private static final List<Write> THIRD = List.of(new Write("view", "second", 2, null, new int[] {0}));

    private final List<List<Write>> written = new ArrayList<>();
    private final List<List<String>> askedAgain = new ArrayList<>();
    private final List<List<List<String>>> madeBy = new ArrayList<>();
    private final Deque<Set<Integer>> refusals = new ArrayDeque<>();
    private final LongAdder conflicts = new LongAdder();
    private final Run run = new Run(List.of());
    private final List<Outcome> outcomes =
            new ArrayList<>(List.of(outcome(Outcome.ACCEPTED), outcome(Outcome.ACCEPTED), outcome(Outcome.ACCEPTED)));

    private final UpdateViews updateViews = new UpdateViews(
            (writes, makers) -> {
                written.add(writes);
                madeBy.add(writes.stream().map(makers).toList());
                return refusals.remove();
            },
            (batchId, inputs, care) -> {
                askedAgain.add(inputs.stream()
                        .map(input -> Json.stringField(input.storedRecord(), "eventId"))
                        .toList());
                return new Answer(
                        Map.of(),
                        inputs.stream().map(input -> outcome(Outcome.HELD)).toList(),
                        inputs.size() == 1 ? THIRD : SECOND);
            },
            conflicts);

    private static Outcome outcome(int kind) {
        return new Outcome(kind, "key", utf8("{}"), utf8("{}"), utf8("{"), "OrderCreated", "", false);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static byte[] record(String eventId) {
        return utf8("{\"eventId\":\"" + eventId + "\"}");
    }

    /** Of three events, stored as a, b and c. */
    private List<Changed> update() throws Exception {
        Input input = new Input(utf8("{}"), 1, 2, "2026-01-01", utf8("{}"), null);
        Projected projected = new Projected(7, List.of(input, input, input), new Answer(Map.of(), outcomes, FIRST));
        run.projected(7, Map.of(), projected.answer());
        run.tries();
        List<Changed> changed = updateViews.update(
                projected,
                List.of(record("a"), record("b"), record("c")),
                outcomes,
                write -> List.of("claimant"),
                run,
                Care.NONE);
        run.written(7);
        run.wentThrough();
        return changed;
    }

    private boolean isFirstAnswerTrue() throws Exception {
        Run.Before before = run.before();
        before.isUnlike(Map.of(), new Answer(Map.of(), List.of(), List.of()));
        return before.holds();
    }

    @Test
    void whatIsNotRefusedIsAskedOnce() throws Exception {
        refusals.add(Set.of());
        update();
        assertEquals(List.of(FIRST), written);
        assertEquals(List.of(), askedAgain);
        assertEquals(0, conflicts.sum());
        assertTrue(isFirstAnswerTrue());
    }

    @Test
    void whatIsRefusedIsFoldedAgainAsStoredUntilItIsWritten() throws Exception {
        refusals.addAll(List.of(new TreeSet<>(Set.of(2, 0)), Set.of(1), Set.of()));
        List<Changed> changed = update();
        assertEquals(
                List.of(Set.of("first", "second"), Set.of("first"), Set.of("first", "second")),
                changed.stream().map(each -> each.keys("view")).toList(),
                "what was asked about again is named at its place");
        assertEquals(List.of(FIRST, SECOND, THIRD), written);
        assertEquals(
                List.of(List.of("a", "c"), List.of("c")), askedAgain, "the places of the second answer are its own");
        assertEquals(3, conflicts.sum());
        assertEquals(
                List.of(
                        List.of(List.of("claimant")),
                        List.of(List.of("claimant", "a", "c")),
                        List.of(List.of("claimant", "c"))),
                madeBy,
                "what was refused may be held by a claim of an earlier run");
        assertEquals(
                List.of(Outcome.HELD, Outcome.ACCEPTED, Outcome.HELD),
                outcomes.stream().map(Outcome::kind).toList());
        assertFalse(isFirstAnswerTrue(), "a batch that rests on it is projected again");
    }
}
