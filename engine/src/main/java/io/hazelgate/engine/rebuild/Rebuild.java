package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import io.hazelgate.engine.Names;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One rebuild, comparison or rollback, as the map {@code rebuilds} has it.
 *
 * @param targets by view, the generation that is folded into
 * @param fromPosition events at or below it are in the targets from the beginning; 0: from nothing
 * @param eventsPerSecond how fast it may go, over all members; 0: as fast as it can
 * @param events how many events were folded, once it has ended
 * @param differences how many entries differ, once a comparison has ended
 */
record Rebuild(
        String id,
        Kind kind,
        Map<String, String> targets,
        long fromPosition,
        int eventsPerSecond,
        Status status,
        String startedAt,
        String endedAt,
        String error,
        long events,
        long differences) {
    enum Kind {
        REBUILD,
        ROLLBACK,
        DIFF
    }

    enum Status {
        RUNNING,
        DONE,
        CANCELLED,
        FAILED
    }

    static Rebuild begun(
            String id, Kind kind, Map<String, String> targets, long fromPosition, int eventsPerSecond, String at) {
        return new Rebuild(id, kind, targets, fromPosition, eventsPerSecond, Status.RUNNING, at, null, null, 0, 0);
    }

    Rebuild ended(Status how, String at, String why, long folded, long different) {
        return new Rebuild(
                id, kind, targets, fromPosition, eventsPerSecond, how, startedAt, at, why, folded, different);
    }

    Rebuild again() {
        return new Rebuild(
                id, kind, targets, fromPosition, eventsPerSecond, Status.RUNNING, startedAt, null, null, 0, 0);
    }

    boolean isRunning() {
        return status == Status.RUNNING;
    }

    /** Where the letters wait that its folds open: nobody is to see them before the views are live. */
    String lettersMap() {
        return "letters." + id;
    }

    /** The map that is meant where the projector names one. */
    String mapOf(String name) {
        return name.equals(Names.DEAD_LETTER_EVENTS) ? lettersMap() : targets.getOrDefault(name, name);
    }

    String jobName() {
        return "hazelgate-" + id;
    }

    static Rebuild of(HazelcastJsonValue value) {
        JsonObject json = Json.parse(value.getValue()).asObject();
        Map<String, String> targets = new LinkedHashMap<>();
        json.get("targets")
                .asObject()
                .forEach(member ->
                        targets.put(member.getName(), member.getValue().asString()));
        return new Rebuild(
                json.getString("id", ""),
                Kind.valueOf(json.getString("kind", "")),
                targets,
                json.getLong("fromPosition", 0),
                json.getInt("eventsPerSecond", 0),
                Status.valueOf(json.getString("status", "")),
                json.getString("startedAt", ""),
                text(json, "endedAt"),
                text(json, "error"),
                json.getLong("events", 0),
                json.getLong("differences", 0));
    }

    private static String text(JsonObject json, String name) {
        JsonValue value = json.get(name);
        return value == null || value.isNull() ? null : value.asString();
    }

    JsonObject toJson() {
        JsonObject maps = new JsonObject();
        targets.forEach(maps::add);
        JsonObject json = new JsonObject()
                .add("id", id)
                .add("kind", kind.name())
                .add("targets", maps)
                .add("fromPosition", fromPosition)
                .add("eventsPerSecond", eventsPerSecond)
                .add("status", status.name())
                .add("startedAt", startedAt)
                .add("events", events)
                .add("differences", differences);
        if (endedAt != null) {
            json.add("endedAt", endedAt);
        }
        return error == null ? json : json.add("error", error);
    }

    HazelcastJsonValue toValue() {
        return new HazelcastJsonValue(toJson().toString());
    }
}
