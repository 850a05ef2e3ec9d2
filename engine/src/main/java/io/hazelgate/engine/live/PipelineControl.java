package io.hazelgate.engine.live;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.function.UnaryOperator;

/**
 * What operators want of a pipeline, for all members: whether it is to run, and other projectors than the members were started
 * with. It outlives members, so that one that starts anew finds the projector that the others have.
 */
final class PipelineControl {
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

    private final IMap<String, HazelcastJsonValue> map;
    private final String pipelineName;
    private final String here;

    PipelineControl(HazelcastInstance hazelcast, String pipelineName) {
        map = hazelcast.getMap(Names.PIPELINE_CONTROL);
        this.pipelineName = pipelineName;
        var address = hazelcast.getCluster().getLocalMember().getAddress();
        here = address.getHost() + ":" + address.getPort();
    }

    /** {@code host:port} of this member. */
    String here() {
        return here;
    }

    Status status() {
        return statusOf(map.get(pipelineName));
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

    /** Goes from one status to another; whether that is so now. */
    boolean change(Status from, Status to) {
        while (true) {
            HazelcastJsonValue before = map.get(pipelineName);
            if (statusOf(before) != from) {
                return statusOf(before) == to;
            }
            if (replace(before, parsed(before).set(STATUS, to.name()))) {
                return true;
            }
        }
    }

    /**
     * Names another projector, while the pipeline is drained.
     *
     * @param member {@code host:port} of the member, or {@link #ALL_MEMBERS}
     */
    void nameProjector(String member, String projector) {
        nameProjectors(
                named -> new JsonObject(member.equals(ALL_MEMBERS) ? new JsonObject() : named).set(member, projector));
    }

    /** Names these projectors and no others, by member, while the pipeline is drained. */
    void nameProjectors(JsonObject projectors) {
        nameProjectors(named -> projectors);
    }

    private void nameProjectors(UnaryOperator<JsonObject> change) {
        while (true) {
            HazelcastJsonValue before = map.get(pipelineName);
            if (statusOf(before) != Status.DRAINED) {
                throw new IllegalArgumentException("pipeline " + pipelineName + " is " + statusOf(before)
                        + ": drain it before its projector is replaced");
            }
            JsonObject control = parsed(before);
            JsonValue projectors = control.get(PROJECTORS);
            JsonObject named = projectors == null ? new JsonObject() : projectors.asObject();
            if (replace(before, control.set(PROJECTORS, change.apply(named)))) {
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

    private static Status statusOf(HazelcastJsonValue control) {
        return Status.valueOf(parsed(control).getString(STATUS, Status.RUNNING.name()));
    }
}
