package io.hazelgate.engine.log;

import java.util.List;

/** Some lanes of a batch have another owner by now: nothing of the batch was stored. */
public final class LanesTakenOver extends Exception {
    private final transient List<Integer> lanes;

    LanesTakenOver(List<Integer> lanes) {
        super("lanes " + lanes + " have another owner", null, false, false);
        this.lanes = lanes;
    }

    public List<Integer> lanes() {
        return lanes;
    }
}
