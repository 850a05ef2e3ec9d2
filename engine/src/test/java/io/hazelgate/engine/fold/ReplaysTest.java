package io.hazelgate.engine.fold;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplaysTest {
    private final List<String> made = new ArrayList<>();
    private boolean alone = true;
    private boolean fails;
    private final Replays<String> replays =
            new Replays<>(Fake::new, () -> alone, Decisions.NONE, why -> made.add("given up: " + why.getMessage()));

    private final class Fake implements Replays.Replay<String> {
        Fake() {
            made.add("begun");
        }

        private void step(String what) {
            if (fails) {
                throw new IllegalStateException("unusual");
            }
            made.add(what);
        }

        @Override
        public void add(List<byte[]> records, String what) {
            step(what);
        }

        @Override
        public void finish() {
            step("finished");
        }

        @Override
        public void close() {
            made.add("closed");
        }
    }

    private boolean takes() {
        return replays.takes(List.of());
    }

    @Test
    void batchesGoToOneReplay() {
        assertTrue(takes());
        assertTrue(replays.add(List.of(), "a"));
        assertTrue(replays.add(List.of(), "b"));
        assertTrue(replays.settle());
        assertTrue(replays.isUnderWay());
        assertTrue(replays.end());
        assertFalse(replays.isUnderWay());
        assertEquals(List.of("begun", "a", "b", "finished", "finished", "closed"), made);
    }

    @Test
    void whoIsNotAloneFoldsForHimself() {
        alone = false;
        assertFalse(takes());
        assertTrue(replays.end(), "nothing is under way");
        assertEquals(List.of(), made);
    }

    @Test
    void whatIsUnusualEndsTheReplayAndSomeBatchesAreFoldedOneByOne() {
        assertTrue(replays.add(List.of(), "a"));
        fails = true;
        assertFalse(replays.add(List.of(), "b"));
        assertEquals(List.of("begun", "a", "given up: unusual", "closed"), made);
        for (int i = 0; i < 8; i++) {
            assertFalse(takes(), "batch " + i);
        }
        assertTrue(takes());
    }

    @Test
    void whatIsUnusualMayComeToLightAtTheEnd() {
        assertTrue(replays.add(List.of(), "a"));
        fails = true;
        assertFalse(replays.end());
        assertEquals(List.of("begun", "a", "given up: unusual", "closed"), made);
        assertTrue(replays.settle(), "nothing is under way any more");
    }
}
