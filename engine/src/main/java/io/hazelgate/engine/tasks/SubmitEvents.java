package io.hazelgate.engine.tasks;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.Engine;
import io.hazelgate.engine.EngineSerializers;
import io.hazelgate.engine.Json;
import io.hazelgate.engine.Names;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Puts events into {@code pending-events}, in their order, as far as there is room; answers a byte per event. */
public final class SubmitEvents extends EngineTask {
    private static final byte ACCEPTED = 0;
    private static final byte REFUSED = 1;

    public SubmitEvents() {
        super(EngineSerializers.SUBMIT_EVENTS);
    }

    @Override
    byte[] answer(Engine engine, byte[] request) {
        IMap<String, HazelcastJsonValue> pendingEvents = engine.hazelcast().getMap(Names.PENDING_EVENTS);
        ByteBuffer buffer = ByteBuffer.wrap(request);
        byte[] answers = new byte[buffer.getInt()];
        Map<String, HazelcastJsonValue> accepted = new LinkedHashMap<>(answers.length * 2);
        for (int i = 0; i < answers.length; i++) {
            String key = new String(next(buffer), StandardCharsets.UTF_8);
            byte[] envelope = next(buffer);
            if (!engine.backpressure().admit(key)) {
                answers[i] = REFUSED;
                continue;
            }
            answers[i] = ACCEPTED;
            if (accepted.containsKey(key)) {
                // The same event twice in one call: each submission is to be answered, so each must reach the journal.
                pendingEvents.setAllAsync(accepted).toCompletableFuture().join();
                accepted.clear();
            }
            accepted.put(key, Json.value(envelope));
        }
        if (!accepted.isEmpty()) {
            pendingEvents.setAllAsync(accepted).toCompletableFuture().join();
        }
        return answers;
    }

    private static byte[] next(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.getInt()];
        buffer.get(bytes);
        return bytes;
    }
}
