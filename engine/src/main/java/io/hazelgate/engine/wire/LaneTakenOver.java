package io.hazelgate.engine.wire;

/** The lane has another owner by now: nothing of what was asked for is made in it. */
public final class LaneTakenOver extends RuntimeException {
    private final int partition;

    LaneTakenOver(int partition) {
        super("lane " + partition + " has another owner", null, false, false);
        this.partition = partition;
    }

    public int partition() {
        return partition;
    }
}
