package io.hazelgate.engine.snapshot;

/** A snapshot can't be used, or the place where it is kept can't; the message says why, in a line. */
public final class SnapshotUnusable extends Exception {
    private static final long serialVersionUID = 1;

    public SnapshotUnusable(String message) {
        super(message);
    }
}
