package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import io.hazelgate.engine.wire.Bytes;
import io.hazelgate.engine.wire.CaseFolding;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.JsonText;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/**
 * What an entry has to be like: a tree of comparisons, as docs/reference/protocol.md has it.
 *
 * <p>A comparison with a field that is null or not there is false, and its negation true: there is no third value. Entries are looked at
 * as they stand, in UTF-8, where the order of bytes is that of code points.
 */
sealed interface EntryFilter {
    /**
     * Whether an entry, or an item of a list in it, is like this.
     *
     * @param at where it begins
     */
    boolean matches(byte[] json, int at);

    record All(List<EntryFilter> filters) implements EntryFilter {
        @Override
        public boolean matches(byte[] json, int at) {
            for (EntryFilter filter : filters) {
                if (!filter.matches(json, at)) {
                    return false;
                }
            }
            return true;
        }
    }

    record Any(List<EntryFilter> filters) implements EntryFilter {
        @Override
        public boolean matches(byte[] json, int at) {
            for (EntryFilter filter : filters) {
                if (filter.matches(json, at)) {
                    return true;
                }
            }
            return false;
        }
    }

    record Not(EntryFilter filter) implements EntryFilter {
        @Override
        public boolean matches(byte[] json, int at) {
            return !filter.matches(json, at);
        }
    }

    /** Some item of a list is like that; a field that is no list has none. */
    record Some(List<byte[]> path, EntryFilter filter) implements EntryFilter {
        @Override
        public boolean matches(byte[] json, int at) {
            int list = JsonText.find(json, at, path);
            if (list == JsonText.NOT_JSON) {
                return false;
            }
            boolean[] found = {false};
            JsonText.eachItem(json, list, (item, end) -> {
                found[0] = filter.matches(json, item);
                return !found[0];
            });
            return found[0];
        }
    }

    record IsNull(List<byte[]> path, boolean isNull) implements EntryFilter {
        @Override
        public boolean matches(byte[] json, int at) {
            int value = JsonText.find(json, at, path);
            return (value == JsonText.NOT_JSON || json[value] == 'n') == isNull;
        }
    }

    enum Operator {
        EQ,
        IN,
        GT,
        GTE,
        LT,
        LTE,
        STARTS_WITH,
        CONTAINS
    }

    Map<String, Operator> OPERATORS = Map.of(
            "eq", Operator.EQ,
            "in", Operator.IN,
            "gt", Operator.GT,
            "gte", Operator.GTE,
            "lt", Operator.LT,
            "lte", Operator.LTE,
            "startsWith", Operator.STARTS_WITH,
            "contains", Operator.CONTAINS);

    /** How values compare. */
    enum As implements Comparator<Object> {
        TEXT,
        FOLDED,
        NUMBER,
        BOOLEAN,
        INSTANT;

        /** The value that begins and ends there; null where it is none in this sense, and compares with nothing. */
        Object read(byte[] json, int from, int to) {
            boolean isString = json[from] == '"';
            return switch (this) {
                case TEXT -> isString ? JsonText.characters(json, from + 1, to - 1) : null;
                case FOLDED -> isString ? CaseFolding.fold(JsonText.characters(json, from + 1, to - 1)) : null;
                case NUMBER -> Numbers.of(json, from, to);
                case BOOLEAN -> json[from] == 't' ? Boolean.TRUE : json[from] == 'f' ? Boolean.FALSE : null;
                case INSTANT -> isString ? Moments.parse(JsonText.characters(json, from + 1, to - 1)) : null;
            };
        }

        @Override
        public int compare(Object one, Object other) {
            return switch (this) {
                case TEXT, FOLDED, INSTANT -> Arrays.compareUnsigned((byte[]) one, (byte[]) other);
                case NUMBER -> ((BigDecimal) one).compareTo((BigDecimal) other);
                case BOOLEAN -> ((Boolean) one).compareTo((Boolean) other);
            };
        }
    }

    /**
     * A comparison of one field.
     *
     * @param path field names, from the outside in
     * @param values what it is compared with, as {@code as} reads it; what is none in that sense is left out
     */
    record Comparison(List<byte[]> path, Operator operator, As as, TreeSet<Object> values) implements EntryFilter {
        @Override
        public boolean matches(byte[] json, int at) {
            int value = values.isEmpty() ? JsonText.NOT_JSON : JsonText.find(json, at, path);
            int end = value == JsonText.NOT_JSON ? value : JsonText.afterValue(json, value);
            Object actual = end == JsonText.NOT_JSON ? null : as.read(json, value, end);
            if (actual == null) {
                return false;
            }
            return switch (operator) {
                case EQ, IN -> values.contains(actual);
                case GT -> as.compare(actual, values.first()) > 0;
                case GTE -> as.compare(actual, values.first()) >= 0;
                case LT -> as.compare(actual, values.first()) < 0;
                case LTE -> as.compare(actual, values.first()) <= 0;
                case STARTS_WITH -> actual instanceof byte[] text && Bytes.startsWith(text, (byte[]) values.first());
                case CONTAINS -> actual instanceof byte[] text && Bytes.contains(text, (byte[]) values.first());
            };
        }
    }

    /**
     * A filter from its JSON.
     *
     * @throws IllegalArgumentException when it is none
     */
    static EntryFilter parse(JsonObject tree) {
        if (tree.get("and") instanceof JsonArray all) {
            return new All(parseAll(all));
        }
        if (tree.get("or") instanceof JsonArray any) {
            return new Any(parseAll(any));
        }
        if (tree.get("not") instanceof JsonObject not) {
            return new Not(parse(not));
        }
        List<byte[]> path =
                Json.texts(tree.get("path")).stream().map(Json::bytes).toList();
        if (tree.get("path") == null) {
            throw new IllegalArgumentException("a filter has none of and, or, not, and path: " + tree);
        }
        if (tree.get("some") instanceof JsonObject some) {
            return new Some(path, parse(some));
        }
        if (tree.get("every") instanceof JsonObject every) {
            return new Not(new Some(path, new Not(parse(every))));
        }
        if (tree.get("none") instanceof JsonObject none) {
            return new Not(new Some(path, parse(none)));
        }
        return comparison(path, tree);
    }

    private static List<EntryFilter> parseAll(JsonArray filters) {
        return filters.values().stream().map(each -> parse(each.asObject())).toList();
    }

    private static EntryFilter comparison(List<byte[]> path, JsonObject tree) {
        String name = tree.getString("op", "");
        JsonValue value = Objects.requireNonNullElse(tree.get("value"), com.hazelcast.internal.json.Json.NULL);
        if (name.equals("isNull")) {
            return new IsNull(path, value.isTrue());
        }
        boolean negated = name.equals("ne");
        Operator operator = negated ? Operator.EQ : OPERATORS.get(name);
        if (operator == null) {
            throw new IllegalArgumentException("a filter has an operator that there is not: " + tree);
        }
        As as = As.valueOf(tree.getString("as", "text").toUpperCase(Locale.ROOT));
        List<JsonValue> given = operator == Operator.IN ? value.asArray().values() : List.of(value);
        TreeSet<Object> values = new TreeSet<>(as);
        given.stream().map(each -> read(as, each)).filter(Objects::nonNull).forEach(values::add);
        EntryFilter comparison = new Comparison(path, operator, as, values);
        return negated ? new Not(comparison) : comparison;
    }

    private static Object read(As as, JsonValue value) {
        byte[] json = Json.bytes(value);
        return as.read(json, 0, json.length);
    }
}
