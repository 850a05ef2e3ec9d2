package io.hazelgate.engine.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.shaded.com.fasterxml.jackson.core.JsonFactory;
import com.hazelcast.shaded.com.fasterxml.jackson.core.JsonParser;
import com.hazelcast.shaded.com.fasterxml.jackson.core.JsonToken;
import io.hazelgate.engine.wire.JsonText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SortKeysTest {
    private static final List<String> NAMES = List.of("a", "b", "größe", "tab\t");
    private final Random chance = new Random(20_260_101);

    private static List<String> keysIn(String json) {
        byte[] bytes = ("….." + json).getBytes(StandardCharsets.UTF_8);
        List<List<String>> paths = new ArrayList<>();
        NAMES.forEach(name -> paths.add(List.of("_meta", "keys", name)));
        paths.add(List.of("cursor"));
        int[] found = new SortKeys(paths).in(bytes, "…..".getBytes(StandardCharsets.UTF_8).length);
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < found.length; i += 2) {
            keys.add(
                    found[i + 1] <= 0
                            ? null
                            : new String(JsonText.characters(bytes, found[i], found[i + 1]), StandardCharsets.UTF_8));
        }
        return keys;
    }

    @Test
    void keysAreWhatJacksonReads() throws Exception {
        JsonFactory jackson = new JsonFactory();
        int strings = 0;
        for (int i = 0; i < 5_000; i++) {
            String json = entry();
            Map<String, String> read = new HashMap<>();
            JsonParser parser = jackson.createParser(json);
            parser.nextToken();
            read(parser, "", read);
            List<String> expected = new ArrayList<>();
            NAMES.forEach(name -> expected.add(read.get("/_meta/keys/" + name)));
            expected.add(read.get("/cursor"));
            assertEquals(expected, keysIn(json), json);
            strings += (int) expected.stream().filter(key -> key != null).count();
        }
        assertTrue(strings > 4_000, "many entries have keys: " + strings);
    }

    /** All strings of a value, by their path of field names. */
    private static void read(JsonParser parser, String path, Map<String, String> into) throws IOException {
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                read(parser, path + "/" + name, into);
            }
        } else if (parser.currentToken() == JsonToken.START_ARRAY) {
            parser.skipChildren();
        } else if (parser.currentToken() == JsonToken.VALUE_STRING) {
            into.put(path, parser.getText());
        }
    }

    @Test
    void whatIsNoJsonHasNoKeys() {
        String whole = "{\"_meta\":{\"version\":1},\"more\":[1,{\"x\":\"y\"}],\"cursor\":\"y\"}";
        assertEquals("y", keysIn(whole).get(4));
        for (int end = 0; end < whole.lastIndexOf('"') + 1; end++) {
            assertEquals(Collections.nCopies(5, null), keysIn(whole.substring(0, end)), whole.substring(0, end));
        }
        for (String other : List.of("[]", "\"_meta\"", "nonsense", "{]", "{\"cursor\" \"y\"}", "{\"cursor\":}")) {
            assertEquals(Collections.nCopies(5, null), keysIn(other), other);
        }
    }

    // ------------------------------------------------------------ entries by chance

    private String entry() {
        List<String> members = new ArrayList<>();
        if (chance.nextInt(10) > 0) {
            members.add(member("_meta", chance.nextInt(10) > 0 ? meta() : value(2)));
        }
        if (chance.nextBoolean()) {
            members.add(member("cursor", value(1)));
        }
        for (int i = chance.nextInt(4); i > 0; i--) {
            members.add(member("other" + i, value(3)));
        }
        return object(members);
    }

    private String meta() {
        List<String> members = new ArrayList<>(List.of(member("version", "3"), member("applied", value(2))));
        if (chance.nextInt(10) > 0) {
            List<String> keys = new ArrayList<>();
            NAMES.forEach(name -> {
                if (chance.nextInt(4) > 0) {
                    keys.add(member(name, chance.nextInt(4) > 0 ? string(text()) : value(1)));
                }
            });
            keys.add(member("aa", value(1)));
            members.add(member("keys", object(keys)));
        }
        return object(members);
    }

    private String object(List<String> members) {
        Collections.shuffle(members, chance);
        return space() + "{" + space() + String.join("," + space(), members) + space() + "}" + space();
    }

    private String member(String name, String value) {
        return string(name) + space() + ":" + space() + value + space();
    }

    private String value(int depth) {
        return switch (chance.nextInt(depth > 0 ? 9 : 6)) {
            case 0 -> "null";
            case 1 -> "true";
            case 2 -> String.valueOf(chance.nextLong());
            case 3 -> "-1.5e-7";
            case 4, 5 -> string(text());
            case 6 -> "[" + value(depth - 1) + "," + value(depth - 1) + "]";
            case 7 -> "[]";
            default ->
                object(new ArrayList<>(List.of(member("a", value(depth - 1)), member("cursor", value(depth - 1)))));
        };
    }

    private String text() {
        String from = "ab|\"\\/\n\t\b\f\r\u0001{}[]:,' äß€\uffee🦊𝔘";
        int[] points = from.codePoints().toArray();
        StringBuilder text = new StringBuilder();
        for (int i = chance.nextInt(8); i > 0; i--) {
            text.appendCodePoint(points[chance.nextInt(points.length)]);
        }
        return text.toString();
    }

    /** A string as JSON, its characters escaped where they have to be, and at times where they need not. */
    private String string(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char unit : text.toCharArray()) {
            int at = "\"\\/\b\f\n\r\t".indexOf(unit);
            boolean must = unit < ' ' || unit == '"' || unit == '\\';
            boolean split = Character.isSurrogate(unit);
            if (at >= 0 && (must || chance.nextBoolean())) {
                json.append('\\').append("\"\\/bfnrt".charAt(at));
            } else if (must || !split && chance.nextInt(8) == 0) {
                json.append(String.format(chance.nextBoolean() ? "\\u%04x" : "\\u%04X", (int) unit));
            } else {
                json.append(unit);
            }
        }
        String plain = json.append('"').toString();
        return chance.nextInt(4) > 0 ? plain : withEscapedPairs(plain);
    }

    private static String withEscapedPairs(String json) {
        StringBuilder escaped = new StringBuilder();
        for (char unit : json.toCharArray()) {
            escaped.append(Character.isSurrogate(unit) ? String.format("\\u%04x", (int) unit) : String.valueOf(unit));
        }
        return escaped.toString();
    }

    private String space() {
        return chance.nextInt(6) > 0 ? "" : List.of(" ", "\n", "\t ", "\r\n").get(chance.nextInt(4));
    }
}
