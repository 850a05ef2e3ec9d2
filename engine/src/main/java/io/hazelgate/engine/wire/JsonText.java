package io.hazelgate.engine.wire;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Walks over JSON in UTF-8, from token to token, without making anything of it. */
public final class JsonText {
    /** The text ends, or is something else, where more should come. */
    public static final int NOT_JSON = -1;

    /** Ends a walk. */
    private static final int FOUND = -2;

    private static final int HEX_DIGITS = 4;

    /** Takes one field of an object: where its name (without the quotes) and its value begin and end. */
    public interface Field {
        void field(int name, int nameEnd, int value, int valueEnd);
    }

    /** Goes over the value of one field, and says where it ends, or something negative: then the walk ends, too, with that. */
    public interface Step {
        int over(int name, int nameEnd, int value);
    }

    private JsonText() {}

    /**
     * Goes through an object's fields.
     *
     * @param start where the object begins
     * @return whether there is an object, whole
     */
    public static boolean eachField(byte[] json, int start, Field each) {
        return walk(json, start, (name, nameEnd, value) -> {
                    int end = afterValue(json, value);
                    if (end <= value) {
                        return NOT_JSON;
                    }
                    each.field(name, nameEnd, value, end);
                    return end;
                })
                != NOT_JSON;
    }

    /**
     * The same, step by step.
     *
     * @return where the object ends, or what ended the walk before
     */
    public static int walk(byte[] json, int start, Step step) {
        int at = afterSpace(json, start);
        if (at >= json.length || json[at] != '{') {
            return NOT_JSON;
        }
        at = afterSpace(json, at + 1);
        while (at < json.length && json[at] == '"') {
            int name = at + 1;
            int nameEnd = afterString(json, at);
            int colon = nameEnd == NOT_JSON ? json.length : afterSpace(json, nameEnd);
            int value = colon < json.length && json[colon] == ':' ? afterSpace(json, colon + 1) : json.length;
            int end = value < json.length ? step.over(name, nameEnd - 1, value) : NOT_JSON;
            if (end < 0) {
                return end;
            }
            at = afterSpace(json, end);
            if (at < json.length && json[at] == ',') {
                at = afterSpace(json, at + 1);
            }
        }
        return at < json.length && json[at] == '}' ? at + 1 : NOT_JSON;
    }

    /**
     * Where the value at a path begins.
     *
     * @param at where the outermost object begins
     * @param path field names in UTF-8, from the outside in
     * @return {@link #NOT_JSON} where there is no such value
     */
    public static int find(byte[] json, int at, List<byte[]> path) {
        int value = at;
        for (int i = 0; i < path.size() && value != NOT_JSON; i++) {
            value = find(json, value, path.get(i));
        }
        return value;
    }

    private static int find(byte[] json, int at, byte[] wanted) {
        int[] found = {NOT_JSON};
        walk(json, at, (name, nameEnd, value) -> {
            if (isName(json, name, nameEnd, wanted)) {
                found[0] = value;
                return FOUND;
            }
            return afterValue(json, value);
        });
        return found[0];
    }

    private static boolean isName(byte[] json, int from, int to, byte[] wanted) {
        return hasEscape(json, from, to)
                ? Arrays.equals(unescaped(json, from, to), wanted)
                : Arrays.equals(json, from, to, wanted, 0, wanted.length);
    }

    /** Takes an item of an array, and says whether more are wanted. */
    public interface Item {
        boolean item(int value, int valueEnd);
    }

    /**
     * Goes through an array's items; through none where there is no array.
     *
     * @param at where it begins
     */
    public static void eachItem(byte[] json, int at, Item each) {
        if (json[at] != '[') {
            return;
        }
        int item = afterSpace(json, at + 1);
        while (item < json.length && json[item] != ']') {
            int end = afterValue(json, item);
            if (end <= item || !each.item(item, end)) {
                return;
            }
            item = afterSpace(json, end);
            if (item < json.length && json[item] == ',') {
                item = afterSpace(json, item + 1);
            }
        }
    }

    /**
     * The characters of a string, in UTF-8.
     *
     * @param from behind its opening quote
     * @param to where its closing quote is
     */
    public static byte[] characters(byte[] json, int from, int to) {
        return hasEscape(json, from, to) ? unescaped(json, from, to) : Arrays.copyOfRange(json, from, to);
    }

    public static boolean hasEscape(byte[] json, int from, int to) {
        return Bytes.find(json, from, to, '\\') < to;
    }

    private static byte[] unescaped(byte[] json, int from, int to) {
        ByteArrayOutputStream text = new ByteArrayOutputStream(to - from);
        StringBuilder units = new StringBuilder();
        int at = from;
        while (at < to) {
            if (json[at] != '\\') {
                text.write(json[at++]);
                continue;
            }
            // Escapes in a row go together: two of them may be one character.
            units.setLength(0);
            while (at + 1 < to && json[at] == '\\') {
                if (json[at + 1] == 'u' && at + 2 + HEX_DIGITS <= to) {
                    units.append((char) hex(json, at + 2));
                    at += 2 + HEX_DIGITS;
                } else {
                    units.append(escaped(json[at + 1]));
                    at += 2;
                }
            }
            text.writeBytes(units.toString().getBytes(StandardCharsets.UTF_8));
        }
        return text.toByteArray();
    }

    private static int hex(byte[] json, int at) {
        int unit = 0;
        for (int i = at; i < at + HEX_DIGITS; i++) {
            unit = unit << 4 | Character.digit(json[i], 16) & 0xF;
        }
        return unit;
    }

    private static char escaped(byte letter) {
        return switch (letter) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> (char) letter;
        };
    }

    public static int afterSpace(byte[] json, int at) {
        int end = at;
        while (end < json.length && json[end] <= ' ' && json[end] >= 0) {
            end++;
        }
        return end;
    }

    /** @param at where its opening quote is */
    public static int afterString(byte[] json, int at) {
        int end = Bytes.findEither(json, at + 1, json.length, '"', '\\');
        while (end < json.length && json[end] == '\\') {
            end = Bytes.findEither(json, end + 2, json.length, '"', '\\');
        }
        return end < json.length ? end + 1 : NOT_JSON;
    }

    /** @param at where a value of any type begins */
    public static int afterValue(byte[] json, int at) {
        int depth = 0;
        int end = at;
        while (end < json.length) {
            switch (json[end]) {
                case '"' -> {
                    end = afterString(json, end);
                    if (depth == 0 || end == NOT_JSON) {
                        return end;
                    }
                }
                case '{', '[' -> {
                    depth++;
                    end++;
                }
                case '}', ']' -> {
                    if (depth == 0) {
                        return end;
                    }
                    depth--;
                    end++;
                    if (depth == 0) {
                        return end;
                    }
                }
                case ',', ' ', '\t', '\r', '\n' -> {
                    if (depth == 0) {
                        return end;
                    }
                    end++;
                }
                default -> end++;
            }
        }
        return NOT_JSON;
    }
}
