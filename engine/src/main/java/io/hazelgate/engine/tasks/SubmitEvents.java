package io.hazelgate.engine.tasks;

import io.hazelgate.engine.Engine;
import io.hazelgate.engine.EngineSerializers;
import io.hazelgate.engine.Names;
import io.hazelgate.engine.entries.Change;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Puts events into {@code pending-events}, in their order, as far as there is room; answers a byte per event. */
public final class SubmitEvents extends EngineTask {
    private static final byte ACCEPTED = 0;
    private static final byte REFUSED = 1;

    public SubmitEvents() {
        super(EngineSerializers.SUBMIT_EVENTS);
    }

    @Override
    byte[] answer(Engine engine, byte[] request) {
        ByteBuffer buffer = ByteBuffer.wrap(request);
        byte[] answers = new byte[buffer.getInt()];
        List<Change> accepted = new ArrayList<>(answers.length);
        for (int i = 0; i < answers.length; i++) {
            String key = new String(next(buffer), StandardCharsets.UTF_8);
            byte[] envelope = next(buffer);
            boolean admitted = engine.backpressure().admit(key);
            answers[i] = admitted ? ACCEPTED : REFUSED;
            if (admitted) {
                accepted.add(Change.set(key, envelope));
            }
        }
        engine.entries().change(Names.PENDING_EVENTS, accepted).join();
        return answers;
    }

    private static byte[] next(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.getInt()];
        buffer.get(bytes);
        return bytes;
    }
}
