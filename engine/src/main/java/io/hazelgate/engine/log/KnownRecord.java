package io.hazelgate.engine.log;

import io.hazelgate.engine.wire.Json;
import java.nio.charset.StandardCharsets;

/**
 * A stored event with the hash of what was submitted, by which a repetition is told from another event with the same id.
 *
 * @param record the record's JSON, byte for byte as it was stored
 */
public record KnownRecord(byte[] record, String payloadHash) {
    /** What {@code event-ids} says of such an event. */
    public byte[] idRecord() {
        return ("{\"hash\":\"" + payloadHash + "\",\"key\":\"" + storeKey() + "\"}").getBytes(StandardCharsets.UTF_8);
    }

    /** {@code <aggregateType>:<sequence>@<aggregateId>}, escaped as it is in JSON. */
    private String storeKey() {
        String quoted = com.hazelcast.internal.json.Json.value(
                        StoreKey.of(record).toString())
                .toString();
        return quoted.substring(1, quoted.length() - 1);
    }

    public String eventId() {
        return Json.stringField(record, "eventId");
    }
}
