package io.hazelgate.engine.wire;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON between the engine's bytes and the maps' {@link HazelcastJsonValue}, and the few things the engine reads or splices in it. */
public final class Json {
    private Json() {}

    public static HazelcastJsonValue value(byte[] utf8) {
        return new HazelcastJsonValue(text(utf8));
    }

    public static byte[] bytes(Object value) {
        return value == null ? null : value.toString().getBytes(StandardCharsets.UTF_8);
    }

    public static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }

    /** The object that a JSON text is. */
    public static JsonObject object(String text) {
        return com.hazelcast.internal.json.Json.parse(text).asObject();
    }

    public static JsonObject object(byte[] utf8) {
        return object(text(utf8));
    }

    public static JsonObject object(HazelcastJsonValue value) {
        return object(value.getValue());
    }

    /** A member that is a string; null where there is none, or null. */
    public static String text(JsonObject json, String name) {
        JsonValue value = json.get(name);
        return value == null || value.isNull() ? null : value.asString();
    }

    /** The strings of an array; none where there is no array. */
    public static List<String> texts(JsonValue array) {
        return array == null || !array.isArray()
                ? List.of()
                : array.asArray().values().stream().map(JsonValue::asString).toList();
    }

    /** The inverse of {@link #texts}. */
    public static JsonArray array(Collection<String> texts) {
        JsonArray array = new JsonArray();
        texts.forEach(array::add);
        return array;
    }

    public static JsonObject object(Map<String, ? extends Collection<String>> lists) {
        JsonObject json = new JsonObject();
        lists.forEach((name, texts) -> json.add(name, array(texts)));
        return json;
    }

    public static Map<String, List<String>> lists(JsonValue object) {
        Map<String, List<String>> lists = new LinkedHashMap<>();
        object.asObject().forEach(member -> lists.put(member.getName(), texts(member.getValue())));
        return lists;
    }

    public static boolean isOfEvent(byte[] record, String eventId) {
        return eventId.equals(stringField(record, "eventId"));
    }

    /** An object's field of that name, where it is a string; null where there is none. */
    public static String stringField(byte[] json, String name) {
        int value = JsonText.find(json, 0, List.of(bytes(name)));
        int end = value == JsonText.NOT_JSON || json[value] != '"' ? value : JsonText.afterString(json, value);
        return end <= value ? null : string(text(json, value, end));
    }

    public static String stringField(String json, String name) {
        return stringField(json.getBytes(StandardCharsets.UTF_8), name);
    }

    /** The members of an object, each value as the text that it is. Nothing is parsed: a record is taken apart in a tenth of the time. */
    public static Map<String, String> members(byte[] json) {
        Map<String, String> members = new HashMap<>();
        JsonText.eachField(
                json,
                0,
                (name, nameEnd, value, end) ->
                        members.put(string(text(json, name - 1, nameEnd + 1)), text(json, value, end)));
        return members;
    }

    /** A part of a text in UTF-8. */
    public static String text(byte[] json, int from, int to) {
        return new String(json, from, to - from, StandardCharsets.UTF_8);
    }

    /** A string from its JSON text, any other value as it stands there; null for null and for nothing. */
    public static String string(String text) {
        if (text == null || text.equals("null")) {
            return null;
        }
        if (text.charAt(0) != '"') {
            return text;
        }
        return text.indexOf('\\') < 0
                ? text.substring(1, text.length() - 1)
                : com.hazelcast.internal.json.Json.parse(text).asString();
    }
}
