package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonValue;
import io.hazelgate.engine.log.LogAway;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.network.Deadline;
import io.hazelgate.engine.network.Task.Answerer;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Reads many entries of several maps and answers them as one JSON text, so that the client pays for one call. Of each it answers all, or
 * what is selected.
 */
public record ReadEntries(Store store) implements Answerer {
    /** @param selection null: entries are answered as they are */
    private record Asked(
            String map, List<String> keys, Selection selection, CompletableFuture<Map<String, byte[]>> reading) {}

    @Override
    public byte[] answer(byte[] request, Deadline deadline) throws Exception {
        List<Asked> asked = new ArrayList<>();
        for (JsonValue item :
                com.hazelcast.internal.json.Json.parse(Json.text(request)).asArray()) {
            JsonArray one = item.asArray();
            List<String> keys = Json.texts(one.get(1));
            String map = store.generations().liveMap(one.get(0).asString());
            Selection selection = one.size() > 2 ? Selection.of(one.get(2).asString()) : null;
            asked.add(new Asked(map, keys, selection, store.entries().read(map, keys)));
        }
        AnswerBytes json = new AnswerBytes();
        json.write('[');
        for (Asked one : asked) {
            if (json.size() > 1) {
                json.write(',');
            }
            Map<String, byte[]> entries = deadline.await(one.reading, "the partitions of " + one.map);
            addOlder(one, entries);
            int before = json.size();
            if (!write(one, entries, json)) {
                json.backTo(before);
                json.writeBytes(Literals.NULL);
            }
        }
        json.write(']');
        return json.toByteArray();
    }

    /** @return false where an entry is not as the selection has it */
    private static boolean write(Asked asked, Map<String, byte[]> entries, AnswerBytes json) {
        json.write('[');
        for (int i = 0; i < asked.keys.size(); i++) {
            if (i > 0) {
                json.write(',');
            }
            byte[] entry = entries.get(asked.keys.get(i));
            if (asked.selection == null) {
                json.writeBytes(entry == null ? Literals.NULL : entry);
            } else if (!asked.selection.copyEntry(entry, 0, json)) {
                return false;
            }
        }
        json.write(']');
        return true;
    }

    /** What is no longer in the maps of the store is in the log. */
    private void addOlder(Asked asked, Map<String, byte[]> entries) {
        boolean ids = asked.map.equals(Names.EVENT_IDS);
        if (!store.log().isDurable() || !ids && !asked.map.equals(Names.EVENT_STORE)) {
            return;
        }
        List<String> missing =
                asked.keys.stream().filter(key -> entries.get(key) == null).toList();
        if (ids) {
            try {
                store.log().find(missing).forEach((id, known) -> entries.put(id, known.idRecord()));
            } catch (LogAway e) {
                // An id that nothing is known of yet is no error: whoever waits for it asks again.
            }
        } else {
            entries.putAll(store.log().records(missing));
        }
    }
}
