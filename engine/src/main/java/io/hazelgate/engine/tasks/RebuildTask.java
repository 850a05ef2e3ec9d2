package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.network.Deadline;
import io.hazelgate.engine.network.Task.Answerer;
import io.hazelgate.engine.rebuild.RebuildReport;
import io.hazelgate.engine.rebuild.Rebuilds;
import io.hazelgate.engine.restore.Losses;
import io.hazelgate.engine.snapshot.Snapshots;
import io.hazelgate.engine.wire.Json;
import java.util.List;

/** What operators ask of the views: rebuild, compare, roll back, cancel, take a snapshot, tell how far it is. */
public record RebuildTask(Rebuilds rebuilds, RebuildReport report, Snapshots snapshots, Losses losses)
        implements Answerer {

    @Override
    public byte[] answer(byte[] request, Deadline deadline) {
        JsonObject asked = Json.object(request);
        JsonObject answer;
        try {
            answer = answer(asked);
        } catch (IllegalArgumentException e) {
            answer = new JsonObject().add("refused", e.getMessage());
        }
        return Json.bytes(answer);
    }

    private JsonObject answer(JsonObject asked) {
        String id = asked.getString("id", "");
        String view = asked.getString("view", "");
        String request = asked.getString("request", "");
        return switch (asked.getString("op", "")) {
            case "start", "diff" -> {
                List<String> views = Json.texts(asked.get("views"));
                boolean fresh = asked.getString("op", "").equals("start");
                String from = asked.getString("from", null);
                boolean otherCode = asked.getBoolean("otherCode", false);
                yield new JsonObject()
                        .add(
                                "id",
                                rebuilds.begin(
                                        request, views, fresh, asked.getInt("eventsPerSecond", 0), from, otherCode));
            }
            case "rollback" -> new JsonObject().add("id", rebuilds.rollBack(request, view));
            case "cancel" -> new JsonObject().add("done", rebuilds.cancel(id));
            case "resume" -> {
                rebuilds.resume(id);
                yield new JsonObject().add("id", id);
            }
            case "drop" -> new JsonObject().add("done", rebuilds.drop(view));
            case "report" -> report.report();
            case "snapshot" -> new JsonObject().add("id", snapshots.begin(Json.texts(asked.get("views"))));
            case "snapshots" -> snapshots.report(asked.getBoolean("list", false));
            case "acknowledge" -> new JsonObject().add("done", losses.acknowledge());
            case "differences" ->
                new JsonObject().add("differences", report.differences(id, asked.getInt("most", Integer.MAX_VALUE)));
            default -> throw new IllegalArgumentException("there is no operation " + asked.get("op"));
        };
    }
}
