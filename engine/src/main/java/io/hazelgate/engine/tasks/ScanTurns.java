package io.hazelgate.engine.tasks;

import java.util.concurrent.Semaphore;

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
        private int left = ENTRIES;

        private Scan() throws InterruptedException {
            turns.acquire();
        }

        /** To be called for each entry: lets others have their turn now and then. */
        void look() throws InterruptedException {
            if (--left == 0) {
                turns.release();
                Thread.yield();
                // Where this is interrupted, the turn is not there to be given back.
                left = -1;
                turns.acquire();
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

    Scan begin() throws InterruptedException {
        return new Scan();
    }
}
