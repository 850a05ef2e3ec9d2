package io.hazelgate.engine.projector;

/** A projector answers, but must not be given events; the message says why, and how to mend it. */
public final class UnfitProjector extends RuntimeException {
    public UnfitProjector(String message) {
        super(message, null, false, false);
    }
}
