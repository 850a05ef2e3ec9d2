package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.log.StoredEvent;
import io.hazelgate.engine.network.Deadline;
import io.hazelgate.engine.network.Task.Answerer;
import io.hazelgate.engine.restore.ImportWatch;
import io.hazelgate.engine.restore.Importing;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.JsonText;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Takes a log into this cluster, page by page; and what its members do about that among themselves. */
public record ImportEvents(Importing importing, ImportWatch watch) implements Answerer {
    /** What is read of a record. */
    private static final Set<String> READ =
            Set.of("cursor", "eventId", "eventType", "aggregateType", "aggregateId", "sequence");

    @Override
    public byte[] answer(byte[] request, Deadline deadline) throws InterruptedException {
        ByteBuffer buffer = ByteBuffer.wrap(request);
        JsonObject head = Json.object(next(buffer));
        JsonObject answer = new JsonObject();
        try {
            String id = head.getString("id", "");
            switch (head.getString("op", "")) {
                case "begin" -> answer.add("id", importing.begin());
                case "take" -> answer.add("events", importing.take(id, head.getLong("before", 0), events(buffer)));
                case "end" -> importing.end(id, head.getLong("events", 0));
                case "undo" -> importing.undo(id);
                case ImportWatch.HOLD -> answer.add("done", watch.hold(id));
                case ImportWatch.LOOK -> watch.look();
                default -> throw new IllegalArgumentException("there is no operation " + head.get("op"));
            }
        } catch (IllegalArgumentException e) {
            answer.add("refused", e.getMessage());
        }
        return Json.bytes(answer);
    }

    private static List<StoredEvent> events(ByteBuffer buffer) {
        List<StoredEvent> events = new ArrayList<>();
        while (buffer.hasRemaining()) {
            String hash = text(buffer);
            byte[] record = next(buffer);
            if (!isUnspaced(record) || !Json.members(record).keySet().containsAll(READ)) {
                throw new IllegalArgumentException("a record is not written as the pipeline writes it: "
                        + Json.text(Arrays.copyOf(record, Math.min(100, record.length))));
            }
            events.add(new StoredEvent(Json.stringField(record, "cursor"), record, hash));
        }
        return events;
    }

    /** Each field right behind the one before it. */
    private static boolean isUnspaced(byte[] record) {
        int[] at = {0};
        boolean whole = JsonText.eachField(
                record,
                0,
                (name, nameEnd, value, end) -> at[0] = name == at[0] + 2 && value == nameEnd + 2 ? end : record.length);
        return whole && at[0] + 1 == record.length;
    }

    private static String text(ByteBuffer buffer) {
        return Json.text(next(buffer));
    }

    private static byte[] next(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.getInt()];
        buffer.get(bytes);
        return bytes;
    }
}
