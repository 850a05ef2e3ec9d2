package io.hazelgate.engine.network;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Until when whoever asked waits for the answer: nothing is done, and nobody waited for, after that. */
public final class Deadline {
    /** The time is up. What was asked for may have been done in part, and may be asked for again. */
    public static final class Passed extends RuntimeException {
        private Passed(String message) {
            super(message, null, false, false);
        }
    }

    private final long nanos;

    private Deadline(long nanos) {
        this.nanos = nanos;
    }

    public static Deadline after(long millis) {
        return new Deadline(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis));
    }

    /** None where it has passed. */
    public long millisLeft() {
        return Math.max(0, TimeUnit.NANOSECONDS.toMillis(nanos - System.nanoTime()));
    }

    /** @throws Passed where it has, after something that is named like "it waited for a thread" */
    public void require(String after) {
        if (nanos - System.nanoTime() < 0) {
            throw passed(after);
        }
    }

    /** The error, where somebody else has found that it has passed. */
    public Passed passed(String after) {
        return new Passed("the time is up: " + after + "; ask again");
    }

    /**
     * What comes of something that is under way.
     *
     * @param what it is, for the error
     * @throws Passed where it takes longer; a task of Hazelcast is cancelled then
     * @throws Exception of the work itself
     */
    public <T> T await(Future<T> work, String what) throws Exception {
        try {
            return work.get(Math.max(0, nanos - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            work.cancel(true);
            throw passed("it waited for " + what);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() instanceof CompletionException wrapped ? wrapped.getCause() : e.getCause();
            throw cause instanceof Exception exception ? exception : e;
        }
    }
}
