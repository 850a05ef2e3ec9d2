package io.hazelgate.engine.pipeline;

import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import com.hazelcast.internal.json.ParseException;
import io.hazelgate.engine.Names;
import io.hazelgate.engine.projector.Description;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a small batch is likely to need, found without asking the projector.
 *
 * <p>A guess and no more: the projector asks for what is missing, and does not mind what is too much. Under load a question for
 * the whole batch is cheaper than parsing each event here.
 */
final class UsualReads {
    private static final int MAX_EVENTS = 64;

    private UsualReads() {}

    /** By map, the keys of the entries; nothing for a large batch. */
    static Map<String, List<String>> of(List<Received> events, Description description) {
        if (events.size() > MAX_EVENTS) {
            return Map.of();
        }
        Map<String, Set<String>> needs = new LinkedHashMap<>();
        for (Received event : events) {
            try {
                addNeeds(
                        Json.parse(new String(event.envelope(), StandardCharsets.UTF_8))
                                .asObject(),
                        description,
                        needs);
            } catch (ParseException | UnsupportedOperationException e) {
                // Not as an envelope should be: the projector will say what is wrong with it.
                return Map.of();
            }
        }
        Map<String, List<String>> lists = new LinkedHashMap<>();
        needs.forEach((map, keys) -> lists.put(map, new ArrayList<>(keys)));
        return lists;
    }

    private static void addNeeds(JsonObject envelope, Description description, Map<String, Set<String>> needs) {
        List<Description.UsualRead> reads = description.usualReads().get(envelope.getString("eventType", ""));
        if (reads == null) {
            return;
        }
        add(
                needs,
                Names.AGGREGATE_HEADS,
                envelope.getString("aggregateType", "") + '@' + envelope.getString("aggregateId", ""));
        for (Description.UsualRead read : reads) {
            collect(envelope.get("data"), read.path(), read.map(), needs);
        }
    }

    private static void collect(JsonValue value, List<String> path, String map, Map<String, Set<String>> needs) {
        if (value == null) {
            return;
        }
        if (value.isArray()) {
            value.asArray().forEach(item -> collect(item, path, map, needs));
        } else if (!path.isEmpty() && value.isObject()) {
            collect(value.asObject().get(path.get(0)), path.subList(1, path.size()), map, needs);
        } else if (path.isEmpty() && value.isString()) {
            add(needs, map, value.asString());
        }
    }

    private static void add(Map<String, Set<String>> needs, String map, String key) {
        needs.computeIfAbsent(map, name -> new LinkedHashSet<>()).add(key);
    }
}
