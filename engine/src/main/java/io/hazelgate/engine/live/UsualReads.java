package io.hazelgate.engine.live;

import static io.hazelgate.engine.wire.JsonText.afterSpace;
import static io.hazelgate.engine.wire.JsonText.afterValue;
import static io.hazelgate.engine.wire.JsonText.eachField;

import io.hazelgate.engine.projector.Description;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What a batch is likely to need, found in its events' text without asking the projector: a question less for each batch.
 *
 * <p>A guess and no more: the projector asks for what is missing, and does not mind what is too much.
 */
record UsualReads(Supplier<Description> description) {
    private static final byte[] EVENT_TYPE = utf8("eventType");
    private static final byte[] AGGREGATE_TYPE = utf8("aggregateType");
    private static final byte[] AGGREGATE_ID = utf8("aggregateId");
    private static final byte[] DATA = utf8("data");
    private static final char TENANT_END = '!';

    /** Takes one value, from {@code start} to {@code end} in the text. */
    private interface Found {
        void value(int start, int end);
    }

    /**
     * By map, the keys of the entries; nothing where too little can be told, so that a plan by the projector is worth its while.
     *
     * @param anyway what can be told is enough, for nobody will be asked for a plan
     */
    Map<String, List<String>> of(List<Received> events, boolean anyway) {
        Map<String, Description.UsualReads> types = description.get().usualReads();
        Map<String, Set<String>> needs = new LinkedHashMap<>();
        for (Received event : events) {
            if (!addNeeds(types, event.envelope(), needs) && !anyway) {
                return Map.of();
            }
        }
        Map<String, List<String>> lists = new LinkedHashMap<>();
        needs.forEach((map, keys) -> lists.put(map, new ArrayList<>(keys)));
        return lists;
    }

    /** Returns whether that is all that can be told of it. */
    private static boolean addNeeds(
            Map<String, Description.UsualReads> types, byte[] envelope, Map<String, Set<String>> needs) {
        String[] texts = new String[3];
        int[] data = {0, 0};
        boolean readable = eachField(envelope, 0, (name, nameEnd, start, end) -> {
            if (is(EVENT_TYPE, envelope, name, nameEnd)) {
                texts[0] = text(envelope, start, end);
            } else if (is(AGGREGATE_TYPE, envelope, name, nameEnd)) {
                texts[1] = text(envelope, start, end);
            } else if (is(AGGREGATE_ID, envelope, name, nameEnd)) {
                texts[2] = text(envelope, start, end);
            } else if (is(DATA, envelope, name, nameEnd)) {
                data[0] = start;
                data[1] = end;
            }
        });
        Description.UsualReads type = readable ? types.get(texts[0]) : null;
        if (type == null || texts[1] == null || texts[2] == null) {
            // The projector will say what is wrong with it.
            return true;
        }
        add(needs, Names.AGGREGATE_HEADS, texts[1] + '@' + texts[2]);
        // Ids of a tenant begin with its name and this mark, and so do the keys of all its entries.
        String prefix = texts[2].substring(0, texts[2].indexOf(TENANT_END) + 1);
        for (Description.UsualRead read : type.reads()) {
            collect(envelope, data[0], data[1], read.path(), (start, end) -> {
                String key = text(envelope, start, end);
                if (key != null) {
                    add(needs, read.map(), prefix + key);
                }
            });
        }
        return type.whole();
    }

    /** Finds what stands at the end of the path, in each item of a list. */
    private static void collect(byte[] json, int start, int end, List<String> path, Found found) {
        if (start == end) {
            return;
        }
        if (json[start] == '[') {
            int at = afterSpace(json, start + 1);
            while (at < end && json[at] != ']') {
                int itemEnd = afterValue(json, at);
                if (itemEnd <= at) {
                    return;
                }
                collect(json, at, itemEnd, path, found);
                at = afterSpace(json, itemEnd);
                if (at < end && json[at] == ',') {
                    at = afterSpace(json, at + 1);
                }
            }
        } else if (path.isEmpty()) {
            found.value(start, end);
        } else if (json[start] == '{') {
            eachField(json, start, (name, nameEnd, from, to) -> {
                if (isNamed(path.get(0), json, name, nameEnd)) {
                    collect(json, from, to, path.subList(1, path.size()), found);
                }
            });
        }
    }

    private static boolean is(byte[] wanted, byte[] json, int from, int to) {
        return Arrays.equals(wanted, 0, wanted.length, json, from, to);
    }

    /** No string is made of a name that is shorter. */
    private static boolean isNamed(String wanted, byte[] json, int from, int to) {
        return to - from >= wanted.length() && wanted.equals(new String(json, from, to - from, StandardCharsets.UTF_8));
    }

    /** A string's characters; null for anything else. */
    private static String text(byte[] json, int start, int end) {
        return json[start] == '"' ? Json.string(new String(json, start, end - start, StandardCharsets.UTF_8)) : null;
    }

    private static void add(Map<String, Set<String>> needs, String map, String key) {
        needs.computeIfAbsent(map, name -> new LinkedHashSet<>()).add(key);
    }

    private static byte[] utf8(String name) {
        return name.getBytes(StandardCharsets.UTF_8);
    }
}
