package io.hazelgate.engine.views;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.wire.Json;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Where a view's entries are.
 *
 * @param live the map that is read and written
 * @param code the fingerprints of all code that took part in {@code live}, sorted
 * @param previous the map that was live before, kept for a rollback; null where there is none
 * @param previousPosition up to where {@code previous} has every event
 * @param previousCode the fingerprints of all code that took part in {@code previous}
 * @param builtAt when {@code live} became the live one, ISO 8601; null where that is since the first event
 * @param incomplete the view is younger than the log, and has not been built from it yet
 * @param indexes the sort keys by which the view can be read
 */
public record Generation(
        String live,
        List<String> code,
        String previous,
        long previousPosition,
        List<String> previousCode,
        String builtAt,
        boolean incomplete,
        List<String> indexes) {
    /** The first generation has the view's own name. */
    static Generation first(String view, boolean incomplete) {
        return new Generation(view, List.of(), null, 0, List.of(), null, incomplete, List.of());
    }

    /** The one that follows, with this one kept. */
    public Generation next(String map, Collection<String> code, long position, String at) {
        return new Generation(map, sorted(code), live, position, this.code, at, false, indexes);
    }

    /** The same, with more code that takes part in it. */
    public Generation with(Collection<String> more) {
        return new Generation(
                live, joined(code, more), previous, previousPosition, previousCode, builtAt, incomplete, indexes);
    }

    Generation sortedBy(Collection<String> more) {
        return new Generation(
                live, code, previous, previousPosition, previousCode, builtAt, incomplete, joined(indexes, more));
    }

    public Generation withoutPrevious() {
        return new Generation(live, code, null, 0, List.of(), builtAt, incomplete, indexes);
    }

    private static List<String> joined(List<String> some, Collection<String> more) {
        Set<String> all = new TreeSet<>(some);
        all.addAll(more);
        return List.copyOf(all);
    }

    private static List<String> sorted(Collection<String> code) {
        return List.copyOf(new TreeSet<>(code));
    }

    static Generation of(String view, HazelcastJsonValue value) {
        JsonObject json = Json.object(value);
        return new Generation(
                json.getString("live", view),
                Json.texts(json.get("code")),
                Json.text(json, "previous"),
                json.getLong("previousPosition", 0),
                Json.texts(json.get("previousCode")),
                Json.text(json, "builtAt"),
                json.getBoolean("incomplete", false),
                Json.texts(json.get("indexes")));
    }

    public JsonObject toJson() {
        JsonObject json =
                new JsonObject().add("live", live).add("code", Json.array(code)).add("indexes", Json.array(indexes));
        if (previous != null) {
            json.add("previous", previous)
                    .add("previousPosition", previousPosition)
                    .add("previousCode", Json.array(previousCode));
        }
        if (builtAt != null) {
            json.add("builtAt", builtAt);
        }
        return incomplete ? json.add("incomplete", true) : json;
    }

    HazelcastJsonValue toValue() {
        return new HazelcastJsonValue(toJson().toString());
    }
}
