package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import com.hazelcast.map.IMap;
import com.hazelcast.query.Predicates;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The dead letters of a generation that is no longer live. An entry of it that is blocked has taken neither the letter's event nor
 * those that wait behind it, and nothing but the letter says which those are; the live one may be resolved at any time.
 */
final class KeptLetters {
    private KeptLetters() {}

    static String mapOf(String generation) {
        return "letters.kept." + generation;
    }

    /** Keeps them as they are now. While all gates are closed: then they fit the entries. */
    static void keep(HazelcastInstance hazelcast, String view, String generation) {
        IMap<String, HazelcastJsonValue> kept = hazelcast.getMap(mapOf(generation));
        kept.clear();
        Map<String, HazelcastJsonValue> letters = new HashMap<>();
        hazelcast
                .<String, HazelcastJsonValue>getMap(Names.DEAD_LETTER_EVENTS)
                .entrySet(Predicates.equal("projection", view))
                .forEach(letter -> letters.put(letter.getKey(), letter.getValue()));
        kept.setAll(letters);
    }

    static void drop(HazelcastInstance hazelcast, String generation) {
        hazelcast.getMap(mapOf(generation)).destroy();
    }

    /**
     * The live letter with all that waits in either. Two generations are blocked by the same event, and code that has changed in between
     * may have different events wait behind it: one that the entry has no use for is passed by when the letter is resolved, one that is
     * missing would be lost.
     */
    static HazelcastJsonValue both(HazelcastJsonValue live, HazelcastJsonValue folded) {
        JsonObject letter = Json.parse(live.getValue()).asObject();
        Map<String, JsonObject> waiting = new HashMap<>();
        for (JsonValue each :
                Json.parse(folded.getValue()).asObject().get("waiting").asArray()) {
            waiting.put(each.asObject().getString("key", ""), each.asObject());
        }
        JsonArray ofLive = letter.get("waiting").asArray();
        // Who waits for an answer is in the live one.
        ofLive.forEach(each -> waiting.put(each.asObject().getString("key", ""), each.asObject()));
        if (waiting.size() == ofLive.size()) {
            return live;
        }
        List<JsonObject> inOrder = new ArrayList<>(waiting.values());
        inOrder.sort(Comparator.comparingLong(each -> each.getLong("position", 0)));
        JsonArray all = new JsonArray();
        JsonObject meta = letter.get("_meta").asObject();
        JsonObject applied = meta.get("applied").asObject();
        for (JsonObject each : inOrder) {
            all.add(each);
            String lane = String.valueOf(each.getInt("lane", 0));
            applied.set(lane, Math.max(applied.getLong(lane, 0), each.getLong("position", 0)));
        }
        meta.set("version", meta.getLong("version", 0) + 1);
        letter.set("waiting", all).set("blockedCount", all.size());
        return new HazelcastJsonValue(letter.toString());
    }
}
