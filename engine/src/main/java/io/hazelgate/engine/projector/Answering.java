package io.hazelgate.engine.projector;

/** What will be answered. */
public interface Answering {
    /**
     * Waits for it.
     *
     * @throws ProjectorAway when nothing comes
     * @throws ProjectorFailed when it can't be answered in this way, or not any more
     */
    Answer await();
}
