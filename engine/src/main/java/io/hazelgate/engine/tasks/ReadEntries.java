package io.hazelgate.engine.tasks;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.Engine;
import io.hazelgate.engine.EngineSerializers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Reads many entries of several maps and answers them as one JSON text, so that the client pays for one call. */
public final class ReadEntries extends EngineTask {
    public ReadEntries() {
        super(EngineSerializers.READ_ENTRIES);
    }

    @Override
    byte[] answer(Engine engine, byte[] request) {
        JsonArray asked =
                Json.parse(new String(request, StandardCharsets.UTF_8)).asArray();
        List<List<CompletionStage<HazelcastJsonValue>>> reads = new ArrayList<>(asked.size());
        for (JsonValue item : asked) {
            IMap<String, HazelcastJsonValue> map =
                    engine.hazelcast().getMap(item.asArray().get(0).asString());
            JsonArray keys = item.asArray().get(1).asArray();
            List<CompletionStage<HazelcastJsonValue>> ofMap = new ArrayList<>(keys.size());
            for (JsonValue key : keys) {
                ofMap.add(map.getAsync(key.asString()));
            }
            reads.add(ofMap);
        }
        StringBuilder json = new StringBuilder(1024).append('[');
        for (List<CompletionStage<HazelcastJsonValue>> ofMap : reads) {
            json.append(json.length() > 1 ? ",[" : "[");
            boolean first = true;
            for (CompletionStage<HazelcastJsonValue> read : ofMap) {
                HazelcastJsonValue entry = read.toCompletableFuture().join();
                json.append(first ? "" : ",").append(entry == null ? "null" : entry.getValue());
                first = false;
            }
            json.append(']');
        }
        return json.append(']').toString().getBytes(StandardCharsets.UTF_8);
    }
}
