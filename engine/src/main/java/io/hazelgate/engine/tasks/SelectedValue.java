package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonValue;
import io.hazelgate.engine.wire.JsonText;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A value that an operation selects: what it has to be, so that its bytes are the answer's. Where that is not clear, it says no. */
interface SelectedValue {
    /** Where a value would begin that is not there. */
    int NOWHERE = 0;

    /**
     * Writes the value.
     *
     * @param from where it begins, or {@link #NOWHERE}
     * @return false where it is not as it has to be; then some of it may be written
     */
    boolean copy(byte[] json, int from, int to, AnswerBytes out);

    /**
     * What docs/reference/protocol.md has as a value of a selection.
     *
     * @param from where its kind stands; behind it, whether it may be null, and what it is made of
     */
    static SelectedValue parse(JsonArray told, int from) {
        SelectedValue value = ofKind(told.get(from).asString(), told.size() > from + 2 ? told.get(from + 2) : null);
        return told.get(from + 1).asBoolean() ? new Nullable(value) : value;
    }

    private static SelectedValue ofKind(String kind, JsonValue of) {
        return switch (kind) {
            case "text" -> new Scalar(Literals::isText);
            case "boolean" -> new Scalar(Literals::isBoolean);
            case "int" -> new Scalar(Literals::isInt);
            case "long" -> new Scalar(Literals::isLong);
            case "float" -> new Scalar(Literals::isFloat);
            case "enum" ->
                new OneOf(of.asArray().values().stream()
                        .map(SelectedValue::quoted)
                        .toArray(byte[][]::new));
            case "constant" -> new Constant(quoted(of));
            case "list" -> new Items(parse(of.asArray(), 0));
            case "object" -> new Fields(new Selection(of.asArray()));
            default -> throw new IllegalArgumentException("a selection has a kind that there is not: " + kind);
        };
    }

    /** Names of GraphQL: nothing in them is to be escaped. */
    private static byte[] quoted(JsonValue name) {
        return ('"' + name.asString() + '"').getBytes(StandardCharsets.UTF_8);
    }

    /** Says whether a value is of a kind. */
    interface Kind {
        boolean is(byte[] json, int from, int to);
    }

    record Nullable(SelectedValue value) implements SelectedValue {
        @Override
        public boolean copy(byte[] json, int from, int to, AnswerBytes out) {
            if (from != NOWHERE && !Literals.isNull(json, from, to)) {
                return value.copy(json, from, to, out);
            }
            out.write(Literals.NULL, 0, Literals.NULL.length);
            return true;
        }
    }

    record Scalar(Kind kind) implements SelectedValue {
        @Override
        public boolean copy(byte[] json, int from, int to, AnswerBytes out) {
            out.write(json, from, to - from);
            return from != NOWHERE && kind.is(json, from, to);
        }
    }

    record OneOf(byte[][] values) implements SelectedValue {
        @Override
        public boolean copy(byte[] json, int from, int to, AnswerBytes out) {
            for (byte[] value : values) {
                if (Arrays.equals(json, from, to, value, 0, value.length)) {
                    out.write(value, 0, value.length);
                    return true;
                }
            }
            return false;
        }
    }

    record Constant(byte[] value) implements SelectedValue {
        @Override
        public boolean copy(byte[] json, int from, int to, AnswerBytes out) {
            out.write(value, 0, value.length);
            return from == NOWHERE;
        }
    }

    record Items(SelectedValue item) implements SelectedValue {
        @Override
        public boolean copy(byte[] json, int from, int to, AnswerBytes out) {
            if (from == NOWHERE || json[from] != '[') {
                return false;
            }
            int[] written = {0};
            boolean[] fine = {true};
            out.write('[');
            JsonText.eachItem(json, from, (value, end) -> {
                if (written[0]++ > 0) {
                    out.write(',');
                }
                fine[0] = item.copy(json, value, end, out);
                return fine[0];
            });
            out.write(']');
            return fine[0];
        }
    }

    record Fields(Selection selection) implements SelectedValue {
        @Override
        public boolean copy(byte[] json, int from, int to, AnswerBytes out) {
            return from != NOWHERE && json[from] == '{' && selection.copy(json, from, out);
        }
    }
}
