package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.log.StoredEvent;
import io.hazelgate.engine.network.Task.Answerer;
import io.hazelgate.engine.restore.Importing;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Takes a log into this cluster, page by page; and what its members do about that among themselves. */
public final class ImportEvents implements Answerer {
    /** What is read of a record, which is taken apart without parsing: it must not be spaced out. */
    private static final Set<String> READ =
            Set.of("cursor", "eventId", "eventType", "aggregateType", "aggregateId", "sequence");

    private final Importing importing;

    public ImportEvents(Importing importing) {
        this.importing = importing;
    }

    @Override
    public byte[] answer(byte[] request) throws InterruptedException {
        ByteBuffer buffer = ByteBuffer.wrap(request);
        JsonObject head = Json.parse(text(buffer)).asObject();
        JsonObject answer = new JsonObject();
        try {
            String id = head.getString("id", "");
            switch (head.getString("op", "")) {
                case "begin" -> answer.add("id", importing.begin());
                case "take" -> answer.add("events", importing.take(id, head.getLong("before", 0), events(buffer)));
                case "end" -> importing.end(id, head.getLong("events", 0));
                case "undo" -> importing.undo(id);
                case Importing.HOLD -> answer.add("done", importing.hold(id));
                case Importing.LOOK -> importing.look();
                default -> throw new IllegalArgumentException("there is no operation " + head.get("op"));
            }
        } catch (IllegalArgumentException e) {
            answer.add("refused", e.getMessage());
        }
        return answer.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static List<StoredEvent> events(ByteBuffer buffer) {
        List<StoredEvent> events = new ArrayList<>();
        while (buffer.hasRemaining()) {
            String hash = text(buffer);
            String record = text(buffer);
            Map<String, String> members = io.hazelgate.engine.wire.Json.members(record);
            if (!members.keySet().containsAll(READ)) {
                throw new IllegalArgumentException("a record is not written as the pipeline writes it: "
                        + record.substring(0, Math.min(100, record.length())));
            }
            String cursor = io.hazelgate.engine.wire.Json.string(members.get("cursor"));
            events.add(new StoredEvent(cursor, record.getBytes(StandardCharsets.UTF_8), hash));
        }
        return events;
    }

    private static String text(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.getInt()];
        buffer.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
