package io.hazelgate.engine.log;

import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.wire.Json;

/**
 * One event of the log.
 *
 * @param cursor its place in the whole log: {@code <position>-<lane>}
 * @param record the record's JSON, byte for byte as it was stored
 * @param payloadHash of what was submitted, by which a repetition is told from another event with the same id; null where the log does not
 *     say ({@code event-ids} does)
 */
public record StoredEvent(String cursor, byte[] record, String payloadHash) {
    private static final int POSITION_DIGITS = 16;

    public long position() {
        return Long.parseLong(cursor.substring(0, POSITION_DIGITS));
    }

    public int lane() {
        return Integer.parseInt(cursor.substring(POSITION_DIGITS + 1));
    }

    public String eventId() {
        return Json.stringField(record, "eventId");
    }

    public StoreKey place() {
        return StoreKey.of(record);
    }

    /** What {@code event-ids} says of it. */
    public byte[] idRecord() {
        return Json.bytes(new JsonObject().add("hash", payloadHash).add("key", place().toString()));
    }
}
