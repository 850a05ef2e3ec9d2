package io.hazelgate.engine.wire;

/** Walks over JSON in UTF-8, from token to token, without making anything of it. */
public final class JsonText {
    /** The text ends, or is something else, where more should come. */
    public static final int NOT_JSON = -1;

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
