package io.hazelgate.engine.projector;

/** Who answers, as a process that may come and go. */
public interface Answerer {
    /** Waits until it answers; returns at once when it did the last time. */
    void awaitReady() throws InterruptedException;

    /** The process that answered last. */
    Life life();
}
