package io.hazelgate.engine.tasks;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hazelgate.engine.network.Deadline;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ScanTurnsTest {
    private static final int MOST = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

    private final ScanTurns turns = new ScanTurns();

    private static void inThreads(int count, Task task) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            List<CompletableFuture<Void>> running = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                running.add(CompletableFuture.runAsync(
                        () -> {
                            try {
                                task.run();
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        },
                        threads));
            }
            CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
        } finally {
            threads.shutdownNow();
        }
    }

    private interface Task {
        void run() throws InterruptedException;
    }

    @Test
    void oneThatLooksAtFewGetsItsTurnWhileOthersLookAtAnyNumber() throws Exception {
        AtomicBoolean few = new AtomicBoolean();
        AtomicInteger begun = new AtomicInteger();
        inThreads(MOST + 3, () -> {
            boolean isLast = begun.incrementAndGet() == MOST + 3;
            try (ScanTurns.Scan scan = turns.begin(Deadline.after(60_000))) {
                while (!isLast && !few.get()) {
                    scan.look();
                }
                if (isLast) {
                    few.set(true);
                }
            }
        });
        assertTrue(few.get());
    }

    @Test
    void atMostHalfOfTheProcessorsLook() throws Exception {
        AtomicInteger looking = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        inThreads(MOST + 3, () -> {
            try (ScanTurns.Scan scan = turns.begin(Deadline.after(60_000))) {
                for (int i = 0; i < 2_000; i++) {
                    most.accumulateAndGet(looking.incrementAndGet(), Math::max);
                    looking.decrementAndGet();
                    scan.look();
                }
            }
        });
        assertTrue(most.get() <= MOST, () -> most + " at once");
    }

    @Test
    void aScanThatIsInterruptedGivesNoTurnBackThatItDoesNotHave() throws Exception {
        for (int i = 0; i < 2 * MOST; i++) {
            ScanTurns.Scan scan = turns.begin(Deadline.after(60_000));
            Thread.currentThread().interrupt();
            assertThrows(InterruptedException.class, () -> {
                while (true) {
                    scan.look();
                }
            });
            scan.close();
        }
        AtomicInteger looking = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        inThreads(MOST + 3, () -> {
            try (ScanTurns.Scan scan = turns.begin(Deadline.after(60_000))) {
                most.accumulateAndGet(looking.incrementAndGet(), Math::max);
                Thread.onSpinWait();
                looking.decrementAndGet();
            }
        });
        assertTrue(most.get() <= MOST, () -> most + " at once");
    }
}
