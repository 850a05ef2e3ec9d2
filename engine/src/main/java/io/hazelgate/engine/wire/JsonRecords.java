package io.hazelgate.engine.wire;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.jet.json.JsonUtil;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Java's records as JSON objects: a member for each component, none where that is null. */
public final class JsonRecords {
    private JsonRecords() {}

    public static JsonObject toJson(Record record) {
        try {
            return Json.object(JsonUtil.toJson(record));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Members without a component are passed over; a component without a member is null, 0 or false. */
    public static <R extends Record> R of(Class<R> type, String json) {
        try {
            return JsonUtil.beanFrom(json, type);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static <R extends Record> R of(Class<R> type, HazelcastJsonValue json) {
        return of(type, json.getValue());
    }
}
