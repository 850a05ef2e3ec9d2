package io.hazelgate.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hazelgate.engine.projector.Answer;
import io.hazelgate.engine.projector.Write;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RunTest {
    private final Run run = new Run(List.of(event("e1"), event("e2")));

    private static Received event(String id) {
        return new Received(id + "@a", new byte[0], 0, false);
    }

    private static Answer writes(String map, String key) {
        return new Answer(
                Map.of(), List.of(), new ArrayList<>(List.of(new Write(map, key, 0, new byte[0], new int[] {0}))));
    }

    /** It has read the head of a1, for which there is none, and writes an entry that it has not read. */
    private void project() {
        Map<String, byte[]> heads = new HashMap<>();
        heads.put("Account@a1", null);
        run.projected(Map.of("aggregate-heads", heads), writes("view", "a1"));
    }

    @Test
    void nothingIsKnownOfItBeforeItIsProjected() {
        assertFalse(run.isProjected());
        project();
        assertTrue(run.isProjected());
    }

    @Test
    void anotherBatchIsUnlikeItWhereItHasNoEventAndNoEntryOfIt() throws Exception {
        project();
        List<Received> others = List.of(event("e3"));
        assertTrue(run.isUnlike(others, Map.of("aggregate-heads", List.of("Account@a2"), "view", List.of("a2"))));
        assertFalse(run.isUnlike(List.of(event("e2")), Map.of()), "the same event");
        assertFalse(run.isUnlike(others, Map.of("aggregate-heads", List.of("Account@a2", "Account@a1"))), "read");
        assertFalse(run.isUnlike(others, Map.of("view", List.of("a1"))), "written");
        assertTrue(run.isUnlike(others, Map.of("another-view", List.of("a1"))), "a key of another map");
        assertFalse(run.isUnlike(writes("view", "a1")));
        assertTrue(run.isUnlike(writes("view", "a2")));
    }

    @Test
    void nothingIsUnlikeABatchThatWasNotProjected() throws Exception {
        run.ended();
        assertTrue(run.isProjected(), "nobody waits for it");
        assertFalse(run.isUnlike(List.of(event("e3")), Map.of("view", List.of("a2"))));
        assertFalse(run.isUnlike(writes("view", "a2")));
    }

    @Test
    void itWentSmoothlyWhenItIsThroughAtTheFirstTry() {
        run.tries();
        assertTrue(run.isFirstTry());
        assertFalse(run.wentSmoothly(), "not through yet");
        run.wentThrough();
        assertTrue(run.wentSmoothly());
        run.tries();
        assertFalse(run.isFirstTry());
        assertFalse(run.wentSmoothly());
    }

    @Test
    void aConflictIsTrouble() {
        run.tries();
        run.troubled();
        run.wentThrough();
        assertFalse(run.wentSmoothly());
    }

    @Test
    void whatIsAheadLeavesTheGateOnce() {
        AtomicInteger left = new AtomicInteger();
        Ahead ahead = new Ahead(run, 1, List.of(), writes("view", "a2"), Map.of(), left::incrementAndGet);
        run.tries();
        assertFalse(ahead.holds());
        run.wentThrough();
        assertTrue(ahead.holds());
        ahead.end();
        ahead.end();
        assertEquals(1, left.get());
    }
}
