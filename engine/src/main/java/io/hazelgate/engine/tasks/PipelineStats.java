package io.hazelgate.engine.tasks;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.lanes.HeapRoom;
import io.hazelgate.engine.live.Pipeline;
import io.hazelgate.engine.live.PipelineStatistics;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.log.Readiness;
import io.hazelgate.engine.network.Deadline;
import io.hazelgate.engine.network.DeafClients;
import io.hazelgate.engine.network.GivenUp;
import io.hazelgate.engine.network.Task.Answerer;
import io.hazelgate.engine.projector.Projector;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.List;

/** Answers what this member's pipelines have done and how they are. */
public record PipelineStats(
        HazelcastInstance hazelcast,
        Pipelines all,
        Readiness readiness,
        GivenUp givenUp,
        DeafClients deafClients,
        HeapRoom heapRoom,
        Vitals vitals)
        implements Answerer {
    private static final String RUNNING = "RUNNING";

    @Override
    public byte[] answer(byte[] request, Deadline deadline) {
        readiness.requireKnown(0);
        List<Pipeline> pipelines = all.all();
        JsonObject json = new JsonObject()
                .add("member", hazelcast.getCluster().getLocalMember().getUuid().toString())
                .add("projector", projectorOf(pipelines))
                .add(
                        "projectorRestarts",
                        pipelines.stream()
                                .mapToLong(each -> each.projector().restarts())
                                .sum())
                .add("job", jobOf(pipelines))
                .add("storeProblem", readiness.storeProblem())
                .add("viewsProblem", readiness.viewsProblem())
                .add("heapProblem", heapRoom.problem())
                .add("tasksGivenUp", givenUp.sum())
                .add("clientsDisconnected", deafClients.disconnected())
                .add("pending", owned(Names.PENDING_EVENTS))
                .add("deadLetters", owned(Names.DEAD_LETTER_EVENTS))
                .add("vitals", vitals.toJson())
                .add("pipelines", described(pipelines));
        return Json.bytes(json.merge(PipelineStatistics.json(
                pipelines.stream().map(Pipeline::statistics).toList())));
    }

    /** As well as the best of them: one pipeline that stands still keeps nobody from the others. */
    private static String projectorOf(List<Pipeline> pipelines) {
        return pipelines.stream().anyMatch(pipeline -> pipeline.projector().isReady()) ? "READY" : "AWAY";
    }

    private static String jobOf(List<Pipeline> pipelines) {
        return pipelines.stream().map(pipeline -> pipeline.job().status()).anyMatch(RUNNING::equals)
                ? RUNNING
                : pipelines.get(0).job().status();
    }

    private static JsonArray described(List<Pipeline> pipelines) {
        JsonArray array = new JsonArray();
        for (Pipeline pipeline : pipelines) {
            Projector projector = pipeline.projector();
            array.add(new JsonObject()
                    .add("name", pipeline.name())
                    .add("eventTypes", Json.array(pipeline.eventTypes().named()))
                    .add("rest", pipeline.eventTypes().rest())
                    .add("member", pipeline.memberAddress())
                    .add("job", pipeline.job().status())
                    .add("projector", projector.isReady() ? "READY" : "AWAY")
                    .add("address", projector.address())
                    .add("fingerprint", projector.description().fingerprint())
                    .add("problem", projector.problem())
                    .add("pending", pipeline.pendingKeys().size())
                    .add("standing", pipeline.standing())
                    .add("eventsTotal", pipeline.statistics().events.sum()));
        }
        return array;
    }

    private long owned(String map) {
        return hazelcast.getMap(map).getLocalMapStats().getOwnedEntryCount();
    }
}
