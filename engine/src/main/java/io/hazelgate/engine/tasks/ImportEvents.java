package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.Engine;
import io.hazelgate.engine.EngineSerializers;
import io.hazelgate.engine.log.StoredEvent;
import io.hazelgate.engine.restore.Importing;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;

/** Takes a log into this cluster, page by page; and what its members do about that among themselves. */
public final class ImportEvents extends EngineTask {
    private static final String HOLD = "hold";
    private static final String LOOK = "look";
    /** What is read of a record, which is taken apart without parsing: it must not be spaced out. */
    private static final Set<String> READ =
            Set.of("cursor", "eventId", "eventType", "aggregateType", "aggregateId", "sequence");

    public ImportEvents() {
        super(EngineSerializers.IMPORT_EVENTS);
    }

    /** What is asked of every member, and whether it is done there. */
    public record ForMembers(Callable<byte[]> task) {
        public boolean said(byte[] answer) {
            return Json.parse(new String(answer, StandardCharsets.UTF_8))
                    .asObject()
                    .getBoolean("done", false);
        }
    }

    /** No batch is processed from now on. */
    public static ForMembers hold(String id) {
        return forMembers(new JsonObject().add("op", HOLD).add("id", id));
    }

    /** How the import stands has changed. */
    public static ForMembers look() {
        return forMembers(new JsonObject().add("op", LOOK));
    }

    private static ForMembers forMembers(JsonObject head) {
        byte[] json = head.toString().getBytes(StandardCharsets.UTF_8);
        byte[] request = ByteBuffer.allocate(Integer.BYTES + json.length)
                .putInt(json.length)
                .put(json)
                .array();
        return new ForMembers(new ImportEvents().with(null, request));
    }

    @Override
    byte[] answer(Engine engine, byte[] request) throws InterruptedException {
        ByteBuffer buffer = ByteBuffer.wrap(request);
        JsonObject head = Json.parse(text(buffer)).asObject();
        JsonObject answer = new JsonObject();
        try {
            String id = head.getString("id", "");
            Importing importing = engine.importing();
            switch (head.getString("op", "")) {
                case "begin" -> answer.add("id", importing.begin());
                case "take" -> answer.add("events", importing.take(id, head.getLong("before", 0), events(buffer)));
                case "end" -> importing.end(id, head.getLong("events", 0));
                case "undo" -> importing.undo(id);
                case HOLD -> answer.add("done", importing.hold(id));
                case LOOK -> importing.look();
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
