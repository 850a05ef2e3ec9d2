package io.hazelgate.engine.live;

import io.hazelgate.engine.lanes.Lanes;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What a run of a pipeline has taken over on this member and not finished yet.
 *
 * <p>A member may die between storing an event and writing the views. No gate knows of that event until the lane's next owner has done
 * the rest. It is pending all the while.
 */
final class Takeover {
    private volatile OwnedLanes lanes;
    /** Null until the run has taken its lanes. */
    private volatile Set<String> leftovers;

    /** A run begins: what is pending may be anything. */
    void begins(OwnedLanes ofRun) {
        leftovers = null;
        lanes = ofRun;
    }

    /** The run has its lanes, and this is what it found pending there. */
    void took(List<Received> found) {
        leftovers = found.stream().map(Received::key).collect(Collectors.toUnmodifiableSet());
    }

    void ends() {
        lanes = null;
        leftovers = null;
    }

    /**
     * Keys of pending events that may be stored, without being in the views, and that no batch at the gate has.
     *
     * @param pending all pending keys of the pipeline on this member
     * @param isUnderWay whether the run still has it
     */
    Set<String> unfinished(Supplier<Set<String>> pending, Predicate<String> isUnderWay, Lanes all) {
        OwnedLanes ofRun = lanes;
        Set<String> left = leftovers;
        if (ofRun == null || left == null) {
            return pending.get();
        }
        Set<String> found = left.stream().filter(isUnderWay).collect(Collectors.toSet());
        if (!left.isEmpty() && found.isEmpty()) {
            leftovers = Set.of();
        }
        Set<Integer> unsettled = ofRun.unsettled();
        if (!unsettled.isEmpty()) {
            pending.get().stream()
                    .filter(key -> unsettled.contains(all.laneOf(key)))
                    .forEach(found::add);
        }
        return found;
    }
}
