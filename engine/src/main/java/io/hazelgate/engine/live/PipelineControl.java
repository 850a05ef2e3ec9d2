package io.hazelgate.engine.live;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * What operators want of a pipeline, for all members: whether it is to run, and other projectors than the members were started
 * with. It outlives members, so that one that starts anew finds the projector that the others have.
 *
 * <p>A change in several steps is claimed first: until its operator releases it, nobody else's step is taken. What it began with
 * is kept beside it, so that {@link AbandonedChange} can take it back.
 */
public final class PipelineControl {
    enum Status {
        RUNNING,
        /** No new batch is taken; what is under way is finished. */
        DRAINING,
        /** The job is cancelled. Events are taken in, and wait. */
        DRAINED
    }

    /** Stands for every member that has no entry of its own. */
    static final String ALL_MEMBERS = "*";

    private static final String STATUS = "status";
    private static final String PROJECTORS = "projectors";
    private static final String CHANGE = "change";
    private static final String BY = "by";
    private static final String WHAT = "what";
    private static final String BEAT = "beat";

    private final IMap<String, HazelcastJsonValue> map;
    private final String pipelineName;
    private final String here;

    PipelineControl(HazelcastInstance hazelcast, String pipelineName) {
        map = hazelcast.getMap(Names.PIPELINE_CONTROL);
        this.pipelineName = pipelineName;
        var address = hazelcast.getCluster().getLocalMember().getAddress();
        here = address.getHost() + ":" + address.getPort();
    }

    /**
     * A change that an operator has claimed.
     *
     * @param beat grows as long as its operator is there
     * @param status the pipeline's, before it; RUNNING or DRAINED
     * @param projectors those that were named before it; null where none were
     */
    record Change(String by, String what, long beat, Status status, JsonValue projectors) {
        private static Change of(JsonObject control) {
            JsonValue value = control.get(CHANGE);
            if (value == null) {
                return null;
            }
            JsonObject change = value.asObject();
            return new Change(
                    change.getString(BY, ""),
                    change.getString(WHAT, ""),
                    change.getLong(BEAT, 0),
                    statusOf(change),
                    change.get(PROJECTORS));
        }
    }

    /**
     * Whose step it is.
     *
     * @param by the operator, by an id of its own
     * @param claimed whether it is one of several: it is refused once the claim is gone, also where nobody else has it
     */
    public record Step(String by, boolean claimed) {}

    /** {@code host:port} of this member. */
    String here() {
        return here;
    }

    Status status() {
        return statusOf(parsed(map.get(pipelineName)));
    }

    /** The change that is under way; null where there is none. */
    Change change() {
        return Change.of(parsed(map.get(pipelineName)));
    }

    /** The projector of this member; the given one where operators have named no other. */
    String projector(String started) {
        JsonValue projectors = parsed(map.get(pipelineName)).get(PROJECTORS);
        if (projectors == null) {
            return started;
        }
        JsonObject named = projectors.asObject();
        return named.getString(here, named.getString(ALL_MEMBERS, started));
    }

    /** The members have finished what was under way. */
    void drained() {
        update(control -> statusOf(control) == Status.DRAINING ? control.set(STATUS, Status.DRAINED.name()) : null);
    }

    // ------------------------------------------------------------ what an operator asks

    /**
     * Claims the pipeline for a change in several steps. A second time by the same operator it does nothing.
     *
     * @param by the operator, by an id of its own
     * @throws IllegalArgumentException another operator has it
     */
    public void claim(String by, String what) {
        update(control -> {
            requireFree(control, by);
            if (control.get(CHANGE) != null) {
                return null;
            }
            Status status = statusOf(control) == Status.RUNNING ? Status.RUNNING : Status.DRAINED;
            JsonObject change =
                    new JsonObject().add(BY, by).add(WHAT, what).add(BEAT, 0).add(STATUS, status.name());
            if (control.get(PROJECTORS) != null) {
                change.add(PROJECTORS, control.get(PROJECTORS));
            }
            return control.set(CHANGE, change);
        });
    }

    /**
     * Says that the operator of a change is still there.
     *
     * @throws IllegalArgumentException it is no longer that operator's
     */
    public void keep(String by) {
        update(control -> {
            requireHeld(control, by);
            JsonObject beaten = new JsonObject(control.get(CHANGE).asObject()).set(BEAT, Change.of(control).beat + 1);
            return control.set(CHANGE, beaten);
        });
    }

    /** Ends a change; nothing where it is no longer that operator's. */
    public void release(String by) {
        update(control -> {
            Change change = Change.of(control);
            return change == null || !change.by.equals(by) ? null : control.remove(CHANGE);
        });
    }

    /**
     * Lets what is under way finish, on all members, and then cancels the job.
     *
     * @throws IllegalArgumentException another operator changes the pipeline
     */
    public void drain(Step step) {
        update(control -> {
            require(control, step);
            return statusOf(control) == Status.RUNNING ? control.set(STATUS, Status.DRAINING.name()) : null;
        });
    }

    /**
     * Runs the job again.
     *
     * @throws IllegalArgumentException while it is being drained, or another operator changes the pipeline
     */
    public void start(Step step) {
        update(control -> {
            require(control, step);
            if (statusOf(control) == Status.DRAINING) {
                throw new IllegalArgumentException(
                        "pipeline " + pipelineName + " is being drained: start it when that is done");
            }
            return statusOf(control) == Status.DRAINED ? control.set(STATUS, Status.RUNNING.name()) : null;
        });
    }

    /**
     * Names another projector, while the pipeline is drained.
     *
     * @param member {@code host:port} of the member, or {@link #ALL_MEMBERS}
     */
    public void nameProjector(String member, String projector, Step step) {
        nameProjectors(
                named -> new JsonObject(member.equals(ALL_MEMBERS) ? new JsonObject() : named).set(member, projector),
                step);
    }

    /** Names these projectors and no others, by member, while the pipeline is drained; {@code *} stands for those that are not named. */
    public void nameProjectors(JsonObject projectors, Step step) {
        nameProjectors(named -> projectors, step);
    }

    private void nameProjectors(UnaryOperator<JsonObject> change, Step step) {
        update(control -> {
            require(control, step);
            if (statusOf(control) != Status.DRAINED) {
                throw new IllegalArgumentException("pipeline " + pipelineName + " is " + statusOf(control)
                        + ": drain it before its projector is replaced");
            }
            JsonValue projectors = control.get(PROJECTORS);
            JsonObject named = projectors == null ? new JsonObject() : projectors.asObject();
            return control.set(PROJECTORS, change.apply(named));
        });
    }

    private void require(JsonObject control, Step step) {
        requireFree(control, step.by);
        if (step.claimed) {
            requireHeld(control, step.by);
        }
    }

    private void requireHeld(JsonObject control, String by) {
        if (!by.equals(byOf(control))) {
            throw new IllegalArgumentException("pipeline " + pipelineName
                    + " is no longer this command's: its members had not heard of it, and took its change back");
        }
    }

    private void requireFree(JsonObject control, String by) {
        Change change = Change.of(control);
        if (change != null && !change.by.equals(by)) {
            throw new IllegalArgumentException(
                    "another operator is just changing pipeline " + pipelineName + " (" + change.what
                            + "): try again when that is done; of one that is gone it is taken back within a minute");
        }
    }

    // ------------------------------------------------------------ taking back

    /** Names the projectors of before again; false where they are named already. */
    boolean nameThoseBefore(Change change) {
        boolean[] changed = {false};
        update(control -> {
            changed[0] = change.by.equals(byOf(control)) && !Objects.equals(control.get(PROJECTORS), change.projectors);
            if (!changed[0]) {
                return null;
            }
            return change.projectors == null ? control.remove(PROJECTORS) : control.set(PROJECTORS, change.projectors);
        });
        return changed[0];
    }

    /** Ends the change of an operator who is gone, in this status. */
    void end(Change change, Status status) {
        update(control ->
                change.by.equals(byOf(control)) ? control.remove(CHANGE).set(STATUS, status.name()) : null);
    }

    private static String byOf(JsonObject control) {
        Change change = Change.of(control);
        return change == null ? null : change.by;
    }

    /** @param change what becomes of a copy of the control; null: it stays */
    private void update(UnaryOperator<JsonObject> change) {
        while (true) {
            HazelcastJsonValue before = map.get(pipelineName);
            JsonObject after = change.apply(parsed(before));
            if (after == null || replace(before, after)) {
                return;
            }
        }
    }

    private boolean replace(HazelcastJsonValue before, JsonObject after) {
        HazelcastJsonValue value = new HazelcastJsonValue(after.toString());
        return before == null ? map.putIfAbsent(pipelineName, value) == null : map.replace(pipelineName, before, value);
    }

    private static JsonObject parsed(HazelcastJsonValue control) {
        return control == null ? new JsonObject() : Json.object(control);
    }

    private static Status statusOf(JsonObject control) {
        return Status.valueOf(control.getString(STATUS, Status.RUNNING.name()));
    }
}
