package io.hazelgate.engine.log;

import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Whether events may be stored and folded on this member just now, and if not, why.
 *
 * <p>A member that has just started does not know yet. Its ignorance is no problem of the cluster's: {@link #requireKnown}.
 */
public final class Readiness {
    private static final long FIRST_ANSWERS_MILLIS = 2_000;
    private static final long LOOK_MILLIS = 20;
    private static final long AWAIT_MILLIS = 100;

    private final EventLog log;
    private boolean restoringIsKnown;
    private boolean importingIsKnown;
    private String restoring = "starting";
    private String importing;

    public Readiness(EventLog log) {
        this.log = log;
    }

    /** @param problem why the views do not hold all of a durable log yet, in a sentence; null: they do */
    public synchronized void restoring(String problem) {
        restoring = problem;
        restoringIsKnown = true;
        notifyAll();
    }

    /** @param problem what of a log is imported, in a sentence; null: none is */
    public synchronized void importing(String problem) {
        importing = problem;
        importingIsKnown = true;
        notifyAll();
    }

    /** Returns when events may be processed: views are restored, and no log is imported. */
    public synchronized void await() throws InterruptedException {
        while (restoring != null || !importingIsKnown || importing != null) {
            wait(AWAIT_MILLIS);
        }
    }

    public synchronized String restoringProblem() {
        return restoring;
    }

    public synchronized String importingProblem() {
        return importing;
    }

    /** Why the live views do not hold all of the log yet, in a sentence; null where they do. */
    public synchronized String viewsProblem() {
        return restoring != null ? restoring : importing;
    }

    /** Why nothing can be stored just now, in a sentence; null when all is well. */
    public String storeProblem() {
        return Stream.of(log.problem(), viewsProblem())
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    private synchronized boolean isKnown() {
        return restoringIsKnown && importingIsKnown && log.isAsked();
    }

    /**
     * Waits a moment for the first answers, of the log and of the cluster.
     *
     * @throws IllegalStateException there is none: another member knows, so a gateway asks it next
     */
    public void requireKnown() {
        requireKnown(FIRST_ANSWERS_MILLIS);
    }

    /** The same, waiting for so long. */
    public void requireKnown(long millis) {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        try {
            while (!isKnown()) {
                if (System.nanoTime() - until >= 0) {
                    throw new IllegalStateException(
                            "the member has just started, and does not know yet how the store is: try again in a moment");
                }
                Thread.sleep(LOOK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while it started", e);
        }
    }
}
