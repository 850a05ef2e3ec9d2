package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import io.hazelgate.engine.Engine;
import io.hazelgate.engine.EngineSerializers;
import io.hazelgate.engine.live.Pipeline;
import io.hazelgate.engine.live.PipelineSettings;
import java.nio.charset.StandardCharsets;

/** Does what an operator, or the member that leads a drain, asks of one pipeline. */
public final class ControlPipeline extends EngineTask {
    public ControlPipeline() {
        super(EngineSerializers.CONTROL_PIPELINE);
    }

    /** Whether a member's share of a pipeline has nothing under way any more. */
    public static ControlPipeline askIdle(String pipelineName) {
        String request = new JsonObject()
                .add("action", "idle")
                .add("pipeline", pipelineName)
                .toString();
        return (ControlPipeline) new ControlPipeline().with(null, request.getBytes(StandardCharsets.UTF_8));
    }

    /** What a member answered to {@link #askIdle}. */
    public static boolean isIdle(byte[] answer) {
        return Json.parse(new String(answer, StandardCharsets.UTF_8)).asObject().getBoolean("idle", false);
    }

    @Override
    byte[] answer(Engine engine, byte[] request) {
        JsonObject asked =
                Json.parse(new String(request, StandardCharsets.UTF_8)).asObject();
        Pipeline pipeline = engine.pipeline(asked.getString("pipeline", ""));
        JsonObject answer = new JsonObject().add("member", pipeline.memberAddress());
        switch (asked.getString("action", "")) {
            case "idle" -> answer.add("idle", pipeline.isIdle());
            case "drain" -> pipeline.drain();
            case "start" -> pipeline.start();
            case "switch" -> pipeline.switchProjector(asked.getString("member", "*"), address(asked));
            case "try" -> {
                Pipeline.Tried tried = pipeline.tryProjector(address(asked));
                answer.add("fingerprint", tried.fingerprint());
                answer.add("problem", tried.problem() == null ? Json.NULL : (JsonValue) Json.value(tried.problem()));
            }
            default -> throw new IllegalArgumentException("no action " + asked.get("action"));
        }
        return answer.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String address(JsonObject asked) {
        return PipelineSettings.address("--projector", asked.getString("projector", ""));
    }
}
