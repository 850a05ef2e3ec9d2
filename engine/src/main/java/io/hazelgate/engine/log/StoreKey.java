package io.hazelgate.engine.log;

import io.hazelgate.engine.wire.Json;
import java.util.Map;

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

    public static StoreKey of(byte[] record) {
        Map<String, String> members = Json.members(record);
        return new StoreKey(
                Json.string(members.get("aggregateType")),
                Long.parseLong(members.get("sequence")),
                Json.string(members.get("aggregateId")));
    }

    @Override
    public String toString() {
        return aggregateType + ':' + sequence + '@' + aggregateId;
    }
}
