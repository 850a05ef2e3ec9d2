package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hazelgate.engine.live.Planned.Ahead;
import io.hazelgate.engine.projector.Answer;
import io.hazelgate.engine.projector.Write;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RunTest {
    private static final List<Received> OTHERS = List.of(event("e3"));

    private final Run run = new Run(List.of(event("e1"), event("e2")));

    private static Received event(String id) {
        return new Received(id + "@a", new byte[0], 0, false);
    }

    private static Answer writes(String map, String key) {
        return new Answer(
                Map.of(), List.of(), new ArrayList<>(List.of(new Write(map, key, 0, new byte[0], new int[] {0}))));
    }

    private static Map<String, Map<String, byte[]>> loaded(String map, String key) {
        Map<String, byte[]> entries = new HashMap<>();
        entries.put(key, null);
        return Map.of(map, entries);
    }

    /** It has read the head of a1, for which there is none, and writes an entry that it has not read. */
    private void project(long batchId) {
        run.projected(batchId, loaded("aggregate-heads", "Account@a1"), writes("view", "a1"));
    }

    private void goThrough(long batchId) {
        run.tries();
        run.written(batchId);
        run.wentThrough();
    }

    @Test
    void nothingIsKnownOfItBeforeTheProjectorIsAsked() {
        assertFalse(run.isKnown());
        assertFalse(run.before().isUnlike(OTHERS, Map.of()));
        project(1);
        assertTrue(run.isKnown());
        assertTrue(run.before().isUnlike(OTHERS, Map.of()));
    }

    @Test
    void anotherBatchIsUnlikeItWhereItHasNoEventAndNoEntryOfIt() throws Exception {
        project(1);
        Run.Before before = run.before();
        assertTrue(before.isUnlike(OTHERS, Map.of("aggregate-heads", List.of("Account@a2"), "view", List.of("a2"))));
        assertFalse(before.isUnlike(List.of(event("e2")), Map.of()), "the same event");
        assertFalse(before.isUnlike(OTHERS, Map.of("aggregate-heads", List.of("Account@a2", "Account@a1"))), "read");
        assertFalse(before.isUnlike(OTHERS, Map.of("view", List.of("a1"))), "written");
        assertTrue(before.isUnlike(OTHERS, Map.of("another-view", List.of("a1"))), "a key of another map");
        assertFalse(before.isUnlike(Map.of(), writes("view", "a1")));
        assertFalse(before.isUnlike(loaded("view", "a1"), writes("view", "a2")));
        assertTrue(before.isUnlike(loaded("view", "a2"), writes("view", "a2")));
    }

    @Test
    void ofOneThatIsAskedAheadItIsKnownWhatItReadsAndThenWhatItCameTo() throws Exception {
        run.asked(Map.of("aggregate-heads", List.of("Account@a1")));
        assertTrue(run.isKnown());
        Run.Before before = run.before();
        assertFalse(before.isUnlike(OTHERS, Map.of("aggregate-heads", List.of("Account@a1"))));
        Map<String, List<String>> needs = Map.of("view", List.of("a1"));
        assertTrue(before.isUnlike(OTHERS, needs), "that it writes there is not known yet");
        project(1);
        assertFalse(before.isUnlike(loaded("view", "a1"), writes("view", "a1")), "now it is");
        assertFalse(before.isUnlike(OTHERS, needs));
    }

    @Test
    void nothingRestsOnAnAnswerThatCameToNothing() throws Exception {
        run.asked(Map.of("view", List.of("a1")));
        Run.Before before = run.before();
        run.askedInVain();
        assertFalse(run.isKnown());
        assertFalse(before.isUnlike(OTHERS, Map.of()));
        assertFalse(before.isUnlike(Map.of(), writes("view", "a2")));
        project(2);
        goThrough(2);
        assertFalse(before.holds());
        assertTrue(run.before().isUnlike(OTHERS, Map.of()), "who comes later knows the second answer");
    }

    @Test
    void nothingIsUnlikeABatchThatWasNotProjected() throws Exception {
        run.ended();
        assertTrue(run.isKnown(), "nobody waits for it");
        assertFalse(run.before().isUnlike(OTHERS, Map.of("view", List.of("a2"))));
        assertFalse(run.before().isUnlike(Map.of(), writes("view", "a2")));
    }

    @Test
    void whatRestsOnItHoldsWhenItIsThroughAtTheFirstTryAsItWasAnsweredThen() throws Exception {
        project(1);
        Run.Before before = run.before();
        assertTrue(before.isUnlike(Map.of(), writes("view", "a2")));
        assertFalse(before.holds(), "not through yet");
        goThrough(1);
        assertTrue(before.holds());
        goThrough(1);
        assertFalse(run.isFirstTry());
        assertFalse(before.holds(), "it took a second try");
    }

    @Test
    void whatRestsOnAnotherAnswerDoesNotHold() throws Exception {
        project(1);
        Run.Before before = run.before();
        assertTrue(before.isUnlike(Map.of(), writes("view", "a2")));
        project(2);
        goThrough(2);
        assertFalse(before.holds());
    }

    @Test
    void aConflictIsTrouble() throws Exception {
        project(1);
        Run.Before before = run.before();
        assertTrue(before.isUnlike(Map.of(), writes("view", "a2")));
        run.troubled();
        goThrough(1);
        assertFalse(before.holds());
    }

    @Test
    void whatIsAheadHoldsWhereAllBeforeItDoAndLeavesTheGateOnce() throws Exception {
        Run second = new Run(OTHERS);
        project(1);
        second.projected(2, Map.of(), writes("view", "a3"));
        List<Run.Before> before = List.of(run.before(), second.before());
        for (Run.Before each : before) {
            assertTrue(each.isUnlike(Map.of(), writes("view", "a2")));
        }
        AtomicInteger left = new AtomicInteger();
        Ahead ahead = new Ahead(before, new Projected(3, List.of(), writes("view", "a2")), left::incrementAndGet);
        goThrough(1);
        assertFalse(ahead.holds());
        second.tries();
        second.written(2);
        second.wentThrough();
        assertTrue(ahead.holds());
        ahead.end();
        ahead.end();
        assertEquals(1, left.get());
    }
}
