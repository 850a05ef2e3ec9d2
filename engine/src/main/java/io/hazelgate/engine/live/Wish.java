package io.hazelgate.engine.live;

import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import io.hazelgate.engine.wire.Json;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Of which events a gateway wants the whole.
 *
 * @param types those of these types
 * @param aggregates those of aggregates with these ids
 * @param views those that change entries of these views
 * @param entries by view, those that change one of these entries
 */
public record Wish(
        boolean everything,
        Set<String> types,
        Set<String> aggregates,
        Set<String> views,
        Map<String, Set<String>> entries) {
    static final Wish EVERYTHING = new Wish(true, Set.of(), Set.of(), Set.of(), Map.of());

    /** As docs/reference/protocol.md has it, under "TakeWish". */
    public static Wish of(JsonObject json) {
        Map<String, Set<String>> entries = new HashMap<>();
        JsonValue named = json.get("entries");
        if (named != null) {
            Json.lists(named).forEach((view, keys) -> entries.put(view, Set.copyOf(keys)));
        }
        return new Wish(
                json.getBoolean("everything", false),
                Set.copyOf(Json.texts(json.get("types"))),
                Set.copyOf(Json.texts(json.get("aggregates"))),
                Set.copyOf(Json.texts(json.get("views"))),
                Map.copyOf(entries));
    }

    boolean wants(String eventType, String aggregateId, Changed changed) {
        return everything
                || types.contains(eventType)
                || aggregates.contains(aggregateId)
                || changed.views().stream().anyMatch(view -> wantsOf(view, changed.keys(view)));
    }

    private boolean wantsOf(String view, Set<String> keys) {
        if (views.contains(view)) {
            return true;
        }
        Set<String> wanted = entries.getOrDefault(view, Set.of());
        return !wanted.isEmpty() && keys.stream().anyMatch(wanted::contains);
    }
}
