package io.hazelgate.engine.fold;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Loaded;
import io.hazelgate.engine.wire.Names;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** What operators decided about dead letters, at one moment: whoever folds stored events again has to keep to it. */
public final class Decisions {
    public static final Decisions NONE = new Decisions(Map.of());

    /** By event, and by dead letter. */
    private final Map<String, Map<String, byte[]>> byEvent;

    private Decisions(Map<String, Map<String, byte[]>> byEvent) {
        this.byEvent = byEvent;
    }

    public static Decisions all(HazelcastInstance hazelcast) {
        IMap<String, HazelcastJsonValue> map = hazelcast.getMap(Names.DEAD_LETTER_DECISIONS);
        Map<String, Map<String, byte[]>> byEvent = new HashMap<>();
        map.entrySet().forEach(entry -> {
            String decision = entry.getValue().getValue();
            byEvent.computeIfAbsent(Json.stringField(decision, "eventId"), event -> new HashMap<>())
                    .put(entry.getKey(), decision.getBytes(StandardCharsets.UTF_8));
        });
        return new Decisions(byEvent);
    }

    /**
     * Those about some events, as the projector takes them: as what is loaded of their map.
     *
     * @return a map that more can be added to; empty where there are none
     */
    public Loaded about(Collection<byte[]> records) {
        Loaded loaded = new Loaded();
        if (byEvent.isEmpty()) {
            return loaded;
        }
        for (byte[] record : records) {
            Map<String, byte[]> found = byEvent.get(Json.stringField(record, "eventId"));
            if (found != null) {
                loaded.computeIfAbsent(Names.DEAD_LETTER_DECISIONS, map -> new HashMap<>())
                        .putAll(found);
            }
        }
        return loaded;
    }

    /** Whether any was made since an instant about one of these views, or about an event that can't be read. */
    public boolean anySince(String instant, Collection<String> views) {
        return byEvent.values().stream()
                .flatMap(ofEvent -> ofEvent.values().stream())
                .map(decision -> Json.object(decision))
                .filter(json -> json.getString("at", "").compareTo(instant) > 0)
                .map(json -> json.getString("projection", ""))
                .anyMatch(view -> views.contains(view) || "*".equals(view));
    }
}
