package io.hazelgate.engine.wire;

import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;

/** JSON as values: the order of an object's keys, blanks and the writing of numbers and texts don't count. */
public final class JsonValues {
    private JsonValues() {}

    /** What is equal where the value is the same. */
    public static Object plain(JsonValue value) {
        if (value.isObject()) {
            return plain(value.asObject());
        }
        if (value.isArray()) {
            return value.asArray().values().stream().map(JsonValues::plain).toList();
        }
        return value.isNumber() ? number(value.toString()) : value.isString() ? value.asString() : value;
    }

    private static Map<String, Object> plain(JsonObject object) {
        Map<String, Object> members = new HashMap<>();
        object.forEach(member -> members.put(member.getName(), plain(member.getValue())));
        return members;
    }

    private static Object number(String text) {
        try {
            return new BigDecimal(text).stripTrailingZeros();
        } catch (NumberFormatException e) {
            // An exponent beyond all measure: it is as it is written.
            return text;
        }
    }
}
