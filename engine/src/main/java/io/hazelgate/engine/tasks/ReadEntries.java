package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonValue;
import io.hazelgate.engine.log.LogAway;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.network.Deadline;
import io.hazelgate.engine.network.Task.Answerer;
import io.hazelgate.engine.wire.Names;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Reads many entries of several maps and answers them as one JSON text, so that the client pays for one call. */
public record ReadEntries(Store store) implements Answerer {
    private static final byte[] ABSENT = "null".getBytes(StandardCharsets.US_ASCII);

    private record Asked(String map, List<String> keys, CompletableFuture<Map<String, byte[]>> reading) {}

    @Override
    public byte[] answer(byte[] request, Deadline deadline) throws Exception {
        List<Asked> asked = new ArrayList<>();
        for (JsonValue item :
                Json.parse(new String(request, StandardCharsets.UTF_8)).asArray()) {
            List<String> keys = new ArrayList<>();
            item.asArray().get(1).asArray().forEach(key -> keys.add(key.asString()));
            String map = store.generations().liveMap(item.asArray().get(0).asString());
            asked.add(new Asked(map, keys, store.entries().read(map, keys)));
        }
        AnswerBytes json = new AnswerBytes();
        json.write('[');
        for (Asked one : asked) {
            if (json.size() > 1) {
                json.write(',');
            }
            json.write('[');
            Map<String, byte[]> entries = deadline.await(one.reading, "the partitions of " + one.map);
            addOlder(one, entries);
            for (int i = 0; i < one.keys.size(); i++) {
                if (i > 0) {
                    json.write(',');
                }
                byte[] entry = entries.get(one.keys.get(i));
                json.writeBytes(entry == null ? ABSENT : entry);
            }
            json.write(']');
        }
        json.write(']');
        return json.toByteArray();
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
