package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One condition on a field of an entry.
 *
 * @param path field names, from the outside in
 * @param as how values compare: as strings, as exact numbers, or as text without regard to case
 */
record EntryFilter(List<String> path, Operator operator, As as, List<String> values) {
    enum Operator {
        EQ,
        IN,
        GE,
        LE,
        GT,
        LT,
        CONTAINS
    }

    enum As {
        STRING,
        DECIMAL,
        TEXT
    }

    static EntryFilter parse(JsonObject condition) {
        List<String> values = new ArrayList<>();
        JsonValue value = condition.get("value");
        if (value.isArray()) {
            value.asArray().forEach(item -> values.add(scalar(item)));
        } else {
            values.add(scalar(value));
        }
        return new EntryFilter(
                List.of(condition.get("path").asString().split("\\.")),
                Operator.valueOf(condition.get("op").asString().toUpperCase(Locale.ROOT)),
                As.valueOf(condition.getString("as", "string").toUpperCase(Locale.ROOT)),
                values);
    }

    boolean matches(JsonObject entry) {
        JsonValue found = entry;
        for (String name : path) {
            found = found != null && found.isObject() ? found.asObject().get(name) : null;
        }
        if (found == null || found.isNull()) {
            return false;
        }
        String actual = scalar(found);
        return switch (operator) {
            case EQ, IN -> values.stream().anyMatch(value -> compare(actual, value) == 0);
            case GE -> compare(actual, values.get(0)) >= 0;
            case LE -> compare(actual, values.get(0)) <= 0;
            case GT -> compare(actual, values.get(0)) > 0;
            case LT -> compare(actual, values.get(0)) < 0;
            case CONTAINS -> folded(actual).contains(folded(values.get(0)));
        };
    }

    private int compare(String left, String right) {
        return as == As.DECIMAL
                ? new BigDecimal(left).compareTo(new BigDecimal(right))
                : folded(left).compareTo(folded(right));
    }

    private String folded(String text) {
        return as == As.TEXT ? text.toLowerCase(Locale.ROOT) : text;
    }

    private static String scalar(JsonValue value) {
        return value.isString() ? value.asString() : value.toString();
    }
}
