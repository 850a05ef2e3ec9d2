package io.hazelgate.engine.projector;

/** Who answers, as a process that may come and go. */
public interface Answerer {
    /** Waits until it answers; returns at once when it did the last time. */
    void awaitReady() throws InterruptedException;

    Life life();

    /**
     * Of the projector's process.
     *
     * @param instance an id that no other process has
     * @param ended how the one before it ended, in words that go on behind the name of a handler; empty where nobody knows
     */
    record Life(String instance, String ended) {
        public static final Life UNKNOWN = new Life("", "");
    }
}
