package io.hazelgate.engine;

import com.hazelcast.core.HazelcastJsonValue;
import java.nio.charset.StandardCharsets;

/** JSON between the engine's bytes and the maps' {@link HazelcastJsonValue}, and the few things the engine reads or splices in it. */
public final class Json {
    private Json() {}

    public static HazelcastJsonValue value(byte[] utf8) {
        return new HazelcastJsonValue(new String(utf8, StandardCharsets.UTF_8));
    }

    public static byte[] bytes(Object value) {
        return value == null ? null : value.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Whether a record in the store is the event of that id. Records are written by the projector without white space. */
    public static boolean isOfEvent(String record, String eventId) {
        return record.contains("\"eventId\":\"" + eventId + "\"");
    }

    /** The first string value of that name; null where there is none. For values without escapes only: ids, keys, instants. */
    public static String stringField(String json, String name) {
        String prefix = "\"" + name + "\":\"";
        int start = json.indexOf(prefix);
        if (start < 0) {
            return null;
        }
        int from = start + prefix.length();
        int end = json.indexOf('"', from);
        return end < 0 ? null : json.substring(from, end);
    }
}
