package io.hazelgate.engine.live;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Names;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Tells which of the pending events on this member are which pipeline's. A key says nothing of the type, so envelopes are looked into, once. */
final class PendingKeys {
    private final IMap<String, HazelcastJsonValue> pendingEvents;
    private final Entries entries;
    private Map<String, String> typeOfKey = new HashMap<>();

    public PendingKeys(IMap<String, HazelcastJsonValue> pendingEvents, Entries entries) {
        this.pendingEvents = pendingEvents;
        this.entries = entries;
    }

    Set<String> of(Pipeline pipeline) {
        // What Hazelcast answers deserializes its keys one by one, again for each question whether it contains one.
        Set<String> all = new HashSet<>(pendingEvents.localKeySet());
        if (pipeline.eventTypes().isEverything()) {
            return all;
        }
        Map<String, String> types = typesOf(all);
        all.removeIf(key -> !types.containsKey(key) || !pipeline.eventTypes().receives(types.get(key)));
        return all;
    }

    private synchronized Map<String, String> typesOf(Set<String> keys) {
        Map<String, String> types = new HashMap<>();
        Set<String> unknown = new HashSet<>();
        for (String key : keys) {
            String type = typeOfKey.get(key);
            if (type == null) {
                unknown.add(key);
            } else {
                types.put(key, type);
            }
        }
        entries.read(Names.PENDING_EVENTS, unknown).join().forEach((key, envelope) -> {
            if (envelope != null) {
                types.put(key, EventTypes.ofEnvelope(envelope));
            }
        });
        typeOfKey = types;
        return types;
    }
}
