package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import io.hazelgate.engine.letters.DeadLetters;
import io.hazelgate.engine.network.Deadline;
import io.hazelgate.engine.network.Task.Answerer;
import io.hazelgate.engine.projector.ProjectorAway;
import io.hazelgate.engine.projector.Resolving.Order;
import java.nio.charset.StandardCharsets;

/** Retries, edits or discards dead letters, one after the other; each has its answer. */
public record ResolveDeadLetters(DeadLetters letters) implements Answerer {

    @Override
    public byte[] answer(byte[] request, Deadline deadline) {
        letters.requireKnown();
        StringBuilder answers = new StringBuilder("[");
        for (JsonValue item :
                Json.parse(new String(request, StandardCharsets.UTF_8)).asArray()) {
            answers.append(answers.length() > 1 ? "," : "").append(resolve(item.asObject()));
        }
        return answers.append(']').toString().getBytes(StandardCharsets.UTF_8);
    }

    private String resolve(JsonObject item) {
        JsonValue data = item.get("data");
        String id = item.getString("id", "");
        try {
            return letters.resolve(new Order(
                    id,
                    item.getString("action", ""),
                    data == null ? null : data.toString().getBytes(StandardCharsets.UTF_8),
                    item.getString("reason", null)));
        } catch (ProjectorAway e) {
            JsonObject answer = Json.object().add("id", id).add("outcome", "BUSY");
            return answer.add("message", e.getMessage()).toString();
        }
    }
}
