package io.hazelgate.engine.views;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.wire.JsonRecords;
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
    public Generation {
        // Of the first generation nothing is said of the one before it.
        previousCode = previousCode == null ? List.of() : previousCode;
    }

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

    static Generation of(HazelcastJsonValue value) {
        return JsonRecords.of(Generation.class, value);
    }

    public JsonObject toJson() {
        JsonObject json = JsonRecords.toJson(this);
        if (previous == null) {
            json.remove("previousPosition");
            json.remove("previousCode");
        }
        if (!incomplete) {
            json.remove("incomplete");
        }
        return json;
    }

    HazelcastJsonValue toValue() {
        return new HazelcastJsonValue(toJson().toString());
    }
}
