package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.live.Pipeline;
import io.hazelgate.engine.live.PipelineControl;
import io.hazelgate.engine.live.PipelineControl.Step;
import io.hazelgate.engine.live.PipelineSettings;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.network.Deadline;
import io.hazelgate.engine.network.Task.Answerer;
import io.hazelgate.engine.wire.Json;

/** Does what an operator, or the member that leads a drain, asks of one pipeline. */
public record ControlPipeline(Pipelines pipelines) implements Answerer {

    @Override
    public byte[] answer(byte[] request, Deadline deadline) {
        JsonObject asked = Json.object(request);
        Pipeline pipeline = pipelines.named(asked.getString("pipeline", ""));
        JsonObject answer = new JsonObject().add("member", pipeline.memberAddress());
        PipelineControl control = pipeline.control();
        String by = asked.getString("by", "");
        Step step = new Step(by, asked.getBoolean("claimed", false));
        switch (asked.getString("action", "")) {
            case "idle" -> answer.add("idle", pipeline.job().isIdle()).add("ready", pipeline.isReadyAsNamed());
            case "claim" -> control.claim(by, asked.getString("what", ""));
            case "keep" -> control.keep(by);
            case "release" -> control.release(by);
            case "drain" -> control.drain(step);
            case "start" -> control.start(step);
            case "switch" -> {
                if (asked.get("projectors") != null) {
                    control.nameProjectors(asked.get("projectors").asObject(), step);
                } else {
                    control.nameProjector(asked.getString("member", "*"), address(asked), step);
                }
            }
            case "try" -> {
                Pipeline.Tried tried = pipeline.tryProjector(address(asked));
                answer.add("fingerprint", tried.fingerprint());
                answer.add("problem", tried.problem());
            }
            default -> throw new IllegalArgumentException("no action " + asked.get("action"));
        }
        return Json.bytes(answer);
    }

    private static String address(JsonObject asked) {
        return PipelineSettings.address("--projector", asked.getString("projector", ""));
    }
}
