package io.hazelgate.engine.projector;

/** A batch does not fit into one question or into one answer. In parts it may. */
public final class BatchTooLarge extends RuntimeException {
    public BatchTooLarge(String message) {
        super(message);
    }
}
