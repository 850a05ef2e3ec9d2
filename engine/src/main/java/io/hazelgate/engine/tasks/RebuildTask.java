package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import io.hazelgate.engine.network.Task.Answerer;
import io.hazelgate.engine.rebuild.Rebuilds;
import io.hazelgate.engine.snapshot.Snapshots;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What operators ask of the views: rebuild, compare, roll back, cancel, take a snapshot, tell how far it is. */
public final class RebuildTask implements Answerer {
    private final Rebuilds rebuilds;
    private final Snapshots snapshots;

    public RebuildTask(Rebuilds rebuilds, Snapshots snapshots) {
        this.rebuilds = rebuilds;
        this.snapshots = snapshots;
    }

    @Override
    public byte[] answer(byte[] request) {
        JsonObject asked =
                Json.parse(new String(request, StandardCharsets.UTF_8)).asObject();
        JsonObject answer;
        try {
            answer = answer(asked);
        } catch (IllegalArgumentException e) {
            answer = new JsonObject().add("refused", e.getMessage());
        }
        return answer.toString().getBytes(StandardCharsets.UTF_8);
    }

    private JsonObject answer(JsonObject asked) {
        String id = asked.getString("id", "");
        String view = asked.getString("view", "");
        return switch (asked.getString("op", "")) {
            case "start", "diff" -> {
                List<String> views = views(asked);
                boolean fresh = asked.getString("op", "").equals("start");
                String from = asked.getString("from", null);
                boolean otherCode = asked.getBoolean("otherCode", false);
                yield new JsonObject()
                        .add("id", rebuilds.begin(views, fresh, asked.getInt("eventsPerSecond", 0), from, otherCode));
            }
            case "rollback" -> new JsonObject().add("id", rebuilds.rollBack(view));
            case "cancel" -> new JsonObject().add("done", rebuilds.cancel(id));
            case "resume" -> {
                rebuilds.resume(id);
                yield new JsonObject().add("id", id);
            }
            case "drop" -> new JsonObject().add("done", rebuilds.drop(view));
            case "report" -> rebuilds.report();
            case "snapshot" -> new JsonObject().add("id", snapshots.begin(views(asked)));
            case "snapshots" -> snapshots.report(asked.getBoolean("list", false));
            case "differences" -> new JsonObject().add("differences", rebuilds.differences(id));
            default -> throw new IllegalArgumentException("there is no operation " + asked.get("op"));
        };
    }

    private static List<String> views(JsonObject asked) {
        List<String> views = new ArrayList<>();
        JsonValue named = asked.get("views");
        if (named != null && named.isArray()) {
            named.asArray().forEach(name -> views.add(name.asString()));
        }
        return views;
    }
}
