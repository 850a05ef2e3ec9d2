package io.hazelgate.engine.tasks;

import io.hazelgate.engine.network.Deadline;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Lets those who look at many entries take turns, a few hundred entries each: half of the member's processors are all that they get
 * together, and one that looks at few does not wait until another has looked at a hundred thousand.
 */
public final class ScanTurns {
    private static final int ENTRIES = 256;

    private final Semaphore turns =
            new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2), true);

    /** One who looks at entries; to be closed when it has looked at all. */
    final class Scan implements AutoCloseable {
        private final Deadline deadline;
        private int left = ENTRIES;

        private Scan(Deadline deadline) throws InterruptedException {
            this.deadline = deadline;
            acquire();
        }

        private void acquire() throws InterruptedException {
            if (!turns.tryAcquire(deadline.millisLeft(), TimeUnit.MILLISECONDS)) {
                throw deadline.passed("it waited for its turn to look at entries");
            }
        }

        /** To be called for each entry: lets others have their turn now and then, and ends where nobody waits for it any more. */
        void look() throws InterruptedException {
            if (--left == 0) {
                turns.release();
                Thread.yield();
                // Where this is interrupted, the turn is not there to be given back.
                left = -1;
                deadline.require("it looked at entries");
                acquire();
                left = ENTRIES;
            }
        }

        @Override
        public void close() {
            if (left >= 0) {
                turns.release();
            }
        }
    }

    Scan begin(Deadline deadline) throws InterruptedException {
        return new Scan(deadline);
    }
}
