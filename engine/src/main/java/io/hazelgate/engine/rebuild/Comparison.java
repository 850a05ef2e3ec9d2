package io.hazelgate.engine.rebuild;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.wire.JsonText;
import io.hazelgate.engine.wire.JsonValues;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Compares fresh folds with live views, in this member's partitions: first all entries while events go on, then, with the gates
 * closed, those alone that were not the same.
 *
 * @param suspects by view, the keys of entries that looked different at the first look
 */
record Comparison(Store store, Rebuild rebuild, Map<String, Set<String>> suspects) {
    private static final int AT_ONCE = 500;
    /** Of each view: many in one hide none of another. */
    private static final int MAX_KEPT = 1_000;

    Comparison(Store store, Rebuild rebuild) {
        this(store, rebuild, new ConcurrentHashMap<>());
    }

    /** The first look, at everything. */
    void look() {
        for (Map.Entry<String, String> target : rebuild.targets().entrySet()) {
            Set<String> keys = new LinkedHashSet<>();
            for (String map : List.of(store.generations().liveMap(target.getKey()), target.getValue())) {
                keys.addAll(store.hazelcast()
                        .<String, HazelcastJsonValue>getMap(map)
                        .localKeySet());
            }
            Set<String> different = new LinkedHashSet<>();
            compare(target.getKey(), target.getValue(), keys, (key, there, fresh) -> different.add(key));
            suspects.put(target.getKey(), different);
        }
    }

    /** The second look, at what was suspect; puts differences on record. Returns how many there are. */
    long lookAgain() {
        IMap<String, HazelcastJsonValue> differences = store.hazelcast().getMap(Names.REBUILD_DIFFERENCES);
        long all = 0;
        for (Map.Entry<String, Set<String>> suspect : suspects.entrySet()) {
            String view = suspect.getKey();
            int[] found = {0};
            compare(view, rebuild.targets().get(view), suspect.getValue(), (key, there, fresh) -> {
                if (++found[0] <= MAX_KEPT) {
                    JsonObject difference = new JsonObject()
                            .add("view", view)
                            .add("key", key)
                            .add("live", there == null ? Json.NULL : Json.parse(there))
                            .add("fresh", fresh == null ? Json.NULL : Json.parse(fresh));
                    differences.set(
                            rebuild.id() + '/' + view + '/' + key, new HazelcastJsonValue(difference.toString()));
                }
            });
            all += found[0];
        }
        return all;
    }

    private interface Different {
        void found(String key, String live, String fresh);
    }

    private void compare(String view, String freshMap, Set<String> keys, Different different) {
        String liveMap = store.generations().liveMap(view);
        List<String> all = new ArrayList<>(keys);
        for (int from = 0; from < all.size(); from += AT_ONCE) {
            List<String> some = all.subList(from, Math.min(all.size(), from + AT_ONCE));
            var live = store.entries().read(liveMap, some);
            var fresh = store.entries().read(freshMap, some);
            for (String key : some) {
                String there = EntryFields.of(live.join().get(key));
                String folded = EntryFields.of(fresh.join().get(key));
                if (!isSame(there, folded)) {
                    different.found(key, there, folded);
                }
            }
        }
    }

    private static boolean isSame(String one, String other) {
        return Objects.equals(one, other)
                || one != null
                        && other != null
                        && JsonValues.plain(Json.parse(one)).equals(JsonValues.plain(Json.parse(other)));
    }

    /** The views of which a comparison has put differences on record. */
    static Set<String> viewsThatDiffer(HazelcastInstance hazelcast, String rebuildId) {
        Set<String> views = new TreeSet<>();
        for (JsonValue difference : differences(hazelcast, rebuildId).asArray()) {
            views.add(difference.asObject().getString("view", ""));
        }
        return views;
    }

    /** The differences that a comparison has put on record, in the order of views and keys. */
    static JsonValue differences(HazelcastInstance hazelcast, String rebuildId) {
        return differences(hazelcast, rebuildId, Integer.MAX_VALUE, Long.MAX_VALUE);
    }

    /** The first of them: at most so many, and no more once they have so many characters. */
    static JsonValue differences(HazelcastInstance hazelcast, String rebuildId, int most, long mostCharacters) {
        IMap<String, HazelcastJsonValue> map = hazelcast.getMap(Names.REBUILD_DIFFERENCES);
        JsonArray array = new JsonArray();
        List<String> keys = map.keySet().stream()
                .filter(key -> key.startsWith(rebuildId + '/'))
                .sorted()
                .limit(most)
                .toList();
        long characters = 0;
        for (String key : keys) {
            HazelcastJsonValue value = map.get(key);
            if (value != null) {
                array.add(Json.parse(value.getValue()));
                characters += value.getValue().length();
            }
            if (characters >= mostCharacters) {
                break;
            }
        }
        return array;
    }

    static void forget(HazelcastInstance hazelcast, String rebuildId) {
        IMap<String, HazelcastJsonValue> map = hazelcast.getMap(Names.REBUILD_DIFFERENCES);
        map.keySet().stream().filter(key -> key.startsWith(rebuildId + '/')).forEach(map::delete);
    }

    /** What readers see of a view entry: its fields, without the {@code _meta} that comes first. */
    static final class EntryFields {
        private static final byte[] META = "{\"_meta\":".getBytes(UTF_8);

        private EntryFields() {}

        /** The fields as JSON; null where readers see no entry. */
        static String of(byte[] entry) {
            if (entry == null) {
                return null;
            }
            if (!Arrays.equals(entry, 0, Math.min(META.length, entry.length), META, 0, META.length)) {
                return new String(entry, UTF_8);
            }
            int end = JsonText.afterValue(entry, META.length);
            if (end == JsonText.NOT_JSON) {
                throw new IllegalArgumentException(
                        "an entry is no JSON object: " + new String(entry, 0, Math.min(80, entry.length), UTF_8));
            }
            if (new String(entry, META.length, end - META.length, UTF_8).contains("\"absent\":true")) {
                return null;
            }
            int rest = entry[end] == ',' ? end + 1 : end;
            return '{' + new String(entry, rest, entry.length - rest, UTF_8);
        }
    }
}
