package io.hazelgate.engine.views;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class GateTest {
    private static final long LONG = 60_000;
    private final AtomicLong position = new AtomicLong(10);
    private final AtomicLong reached = new AtomicLong(35);
    private final AtomicInteger looks = new AtomicInteger();
    private final AtomicLong nanos = new AtomicLong();
    private final Gate gate = new Gate(position::get, reached::get, looks::incrementAndGet, this::revoke, nanos::get);

    private final List<String> revoked = new ArrayList<>();
    private boolean unreachable;

    private void revoke(String who) {
        if (unreachable) {
            throw new IllegalStateException("members can't be reached");
        }
        revoked.add(who);
    }

    private CompletableFuture<Long> entering() {
        return CompletableFuture.supplyAsync(this::enter);
    }

    private long enter() {
        try {
            return gate.enter();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void pass(long millis) {
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
    }

    private boolean close(String who) {
        try {
            return gate.close(who, () -> true, 50, LONG);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void nobodyPassesAClosedGateUntilItOpens() throws Exception {
        assertTrue(gate.close("one", () -> true, LONG, LONG));
        AtomicReference<Thread> enters = new AtomicReference<>();
        CompletableFuture<Long> batch = CompletableFuture.supplyAsync(() -> {
            enters.set(Thread.currentThread());
            return enter();
        });
        while (enters.get() == null || enters.get().getState() != Thread.State.TIMED_WAITING) {
            assertFalse(batch.isDone());
            Thread.onSpinWait();
        }
        assertTrue(gate.open("one"));
        gate.leave(batch.get(60, TimeUnit.SECONDS));
    }

    @Test
    void itIsClosedOnlyWhenNobodyIsInside() throws Exception {
        long pass = gate.enter();
        CompletableFuture<Boolean> closing = CompletableFuture.supplyAsync(() -> close("one"));
        while (!closing.isDone()) {
            pass(10);
        }
        assertFalse(closing.get());
        gate.leave(pass);
        assertTrue(gate.close("one", () -> true, 50, LONG));
    }

    @Test
    void twoDoNotHoldItAtOnce() throws Exception {
        assertTrue(gate.close("one", () -> true, 50, LONG));
        assertFalse(gate.close("two", () -> true, 50, LONG));
        assertFalse(gate.open("two"));
        assertTrue(gate.isHeldBy("one"));
    }

    @Test
    void itOpensByItselfWhenItsHolderIsGoneAndLooksFirst() throws Exception {
        AtomicBoolean there = new AtomicBoolean(true);
        assertTrue(gate.close("one", there::get, 50, LONG));
        there.set(false);
        gate.leave(entering().get(60, TimeUnit.SECONDS));
        assertEquals(1, looks.get());
        assertFalse(gate.open("one"));
    }

    @Test
    void itOpensByItselfWhenItIsHeldTooLong() throws Exception {
        assertTrue(gate.close("one", () -> true, 1, 50));
        pass(51);
        gate.leave(entering().get(60, TimeUnit.SECONDS));
        assertFalse(gate.isHeldBy("one"));
    }

    @Test
    void whatIsSettledEndsBeforeTheOldestBatchInside() throws Exception {
        long first = gate.enter();
        position.set(20);
        long second = gate.enter();
        position.set(30);
        assertEquals(10, gate.settled());
        gate.leave(first);
        assertEquals(20, gate.settled());
        gate.leave(second);
        assertEquals(35, gate.settled());
    }

    @Test
    void whoeverHoldsItTooLongIsTakenTheRightToWriteBeforeItOpens() throws Exception {
        assertTrue(gate.close("one", () -> true, LONG, LONG));
        unreachable = true;
        pass(2 * LONG);
        assertTrue(gate.isHeldBy("one"), "it stays closed until nobody can write any more");
        assertEquals(0, looks.get());
        unreachable = false;
        assertFalse(gate.isHeldBy("one"));
        assertEquals(List.of("one"), revoked);
        assertEquals(1, looks.get());
    }

    @Test
    void whoOpensItKeepsTheRight() throws Exception {
        assertTrue(gate.close("one", () -> true, LONG, LONG));
        assertTrue(gate.open("one"));
        assertEquals(List.of(), revoked);
    }
}
