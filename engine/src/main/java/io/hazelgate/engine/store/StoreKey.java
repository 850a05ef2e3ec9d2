package io.hazelgate.engine.store;

import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import java.nio.charset.StandardCharsets;

/** An event's place: its key in {@code event-store} is {@code <aggregateType>:<sequence>@<aggregateId>}. */
public record StoreKey(String aggregateType, long sequence, String aggregateId) {
    /** Null where the text is no such key. */
    static StoreKey parse(String key) {
        int at = key.lastIndexOf('@');
        int colon = key.lastIndexOf(':', at);
        if (at < 0 || colon < 0) {
            return null;
        }
        try {
            return new StoreKey(
                    key.substring(0, colon), Long.parseLong(key.substring(colon + 1, at)), key.substring(at + 1));
        } catch (NumberFormatException e) {
            return null;
        }
    }

    static StoreKey of(byte[] record) {
        return of(Json.parse(new String(record, StandardCharsets.UTF_8)).asObject());
    }

    static StoreKey of(JsonObject record) {
        return new StoreKey(
                record.get("aggregateType").asString(),
                record.get("sequence").asLong(),
                record.get("aggregateId").asString());
    }

    @Override
    public String toString() {
        return aggregateType + ':' + sequence + '@' + aggregateId;
    }
}
