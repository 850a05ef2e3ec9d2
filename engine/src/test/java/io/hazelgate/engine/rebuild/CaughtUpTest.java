package io.hazelgate.engine.rebuild;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hazelgate.engine.rebuild.CaughtUp.Said;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CaughtUpTest {
    private static final List<String> BOTH = List.of("a", "b");

    private final CaughtUp caughtUp = new CaughtUp();

    private boolean at(long seconds, Said a, Said b) {
        return caughtUp.areAll(BOTH, Map.of("a", a, "b", b), TimeUnit.SECONDS.toNanos(seconds));
    }

    @Test
    void whoGoesOnSayingSoHasCaughtUp() {
        assertFalse(at(0, new Said(7, true), new Said(1, true)), "both may have said it long ago");
        assertFalse(at(1, new Said(8, true), new Said(1, true)));
        assertTrue(at(2, new Said(8, true), new Said(2, true)));
        assertTrue(at(3, new Said(9, true), new Said(2, true)));
    }

    @Test
    void whoSaysNothingMoreMayBeGone() {
        at(0, new Said(1, true), new Said(1, true));
        assertTrue(at(1, new Said(2, true), new Said(2, true)));
        assertFalse(at(5, new Said(3, true), new Said(2, true)));
    }

    @Test
    void whoHasMoreToReadHasNot() {
        at(0, new Said(1, true), new Said(1, true));
        assertFalse(at(1, new Said(2, true), new Said(2, false)));
        assertFalse(caughtUp.areAll(BOTH, Map.of("a", new Said(3, true)), TimeUnit.SECONDS.toNanos(1)));
    }
}
