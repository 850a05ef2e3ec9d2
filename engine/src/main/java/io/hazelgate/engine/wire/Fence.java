package io.hazelgate.engine.wire;

/** Says whose a lane has to be, for changes that nobody but its owner may make. */
public interface Fence {
    /** The key of that partition's entry in {@code lane-owners}. */
    String keyOf(int partition);

    /** What the entry has to be, UTF-8. */
    byte[] owner();
}
