package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WorkersNowTest {
    @Test
    void saysWhereAThreadWaits() throws InterruptedException {
        CountDownLatch end = new CountDownLatch(1);
        Thread thread = new Thread(() -> waitFor(end), "a-worker");
        thread.start();
        try {
            while (thread.getState() != Thread.State.WAITING) {
                Thread.sleep(1);
            }
            String told = WorkersNow.of(List.of("a-worker", "nobody"));
            assertTrue(told.startsWith("a-worker is in "), told);
            assertTrue(told.contains(" < WorkersNowTest.waitFor:"), told);
        } finally {
            end.countDown();
            thread.join();
        }
        assertEquals("", WorkersNow.of(List.of("a-worker", "nobody")));
    }

    @Test
    @Timeout(60)
    void saysOfAThreadWithoutATaskThatItHasNothingToDo() throws Exception {
        ExecutorService idle = Executors.newSingleThreadExecutor(task -> new Thread(task, "an-idle-worker"));
        try {
            idle.submit(() -> {}).get();
            while (!WorkersNow.of(List.of("an-idle-worker")).equals("an-idle-worker has nothing to do")) {
                Thread.sleep(1);
            }
        } finally {
            idle.shutdownNow();
        }
    }

    private static void waitFor(CountDownLatch end) {
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
