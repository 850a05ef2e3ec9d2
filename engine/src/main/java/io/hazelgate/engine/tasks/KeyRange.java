package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import io.hazelgate.engine.index.Range;
import io.hazelgate.engine.wire.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Sort keys from one on, and up to another and without it; null: no bound.
 *
 * <p>Several of them in a request are in ascending order, and none overlaps another.
 */
record KeyRange(String start, String end) {
    private static final List<KeyRange> EVERYTHING = List.of(new KeyRange(null, null));

    static List<KeyRange> parse(JsonObject request) {
        if (!(request.get("ranges") instanceof JsonArray ranges)) {
            return EVERYTHING;
        }
        return ranges.values().stream()
                .map(JsonValue::asArray)
                .map(bounds -> new KeyRange(text(bounds.get(0)), text(bounds.get(1))))
                .toList();
    }

    private static String text(JsonValue value) {
        return value.isNull() ? null : value.asString();
    }

    /** In the order in which they are read. */
    static List<KeyRange> inOrder(List<KeyRange> ranges, boolean descending) {
        List<KeyRange> ordered = new ArrayList<>(ranges);
        if (descending) {
            Collections.reverse(ordered);
        }
        return ordered;
    }

    Range walked(boolean descending) {
        return Range.of(start, true, end, false, descending);
    }

    /** @param key in UTF-8, whose order of bytes is that of code points */
    boolean holds(byte[] key) {
        return (start == null || Arrays.compareUnsigned(key, Json.bytes(start)) >= 0)
                && (end == null || Arrays.compareUnsigned(key, Json.bytes(end)) < 0);
    }
}
