package io.hazelgate.engine.tasks;

import io.hazelgate.engine.log.PostgresEventLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A page of the log from PostgreSQL, with its indexes: what {@link QueryEntries} asks of {@code event-store}. */
final class LogQuery {
    /** Fields that have a column, most of them with an index. Others are looked up in the record. */
    private static final Map<String, String> COLUMNS = Map.of(
            "eventType", "event_type",
            "aggregateType", "aggregate_type",
            "aggregateId", "aggregate_id",
            "correlationId", "correlation_id",
            "causationId", "causation_id",
            "sagaId", "saga_id",
            "sagaType", "saga_type",
            "source", "source");

    private final EntryQuery query;
    private final List<String> bounds = new ArrayList<>();
    private final String where;

    LogQuery(EntryQuery query) {
        this.query = query;
        List<String> conditions = new ArrayList<>(List.of("true"));
        if (query.from() != null) {
            conditions.add("cursor " + (query.fromInclusive() ? ">=" : ">") + " ?");
            bounds.add(query.from());
        }
        if (query.to() != null) {
            conditions.add("cursor " + (query.toInclusive() ? "<=" : "<") + " ?");
            bounds.add(query.to());
        }
        query.filters().forEach(filter -> conditions.add(condition(filter)));
        where = " FROM event_store WHERE " + String.join(" AND ", conditions);
    }

    private String condition(EntryFilter filter) {
        String path = String.join(".", filter.path());
        String field = COLUMNS.get(path);
        if (field == null) {
            field = "(record::jsonb #>> '{"
                    + path.replaceAll("[^A-Za-z0-9_.]", "").replace('.', ',') + "}')";
        }
        String value = "?";
        List<String> values = filter.values();
        if (filter.as() == EntryFilter.As.DECIMAL) {
            field += "::numeric";
            value = "?::numeric";
        } else if (filter.as() == EntryFilter.As.TEXT || filter.operator() == EntryFilter.Operator.CONTAINS) {
            boolean folded = filter.as() == EntryFilter.As.TEXT;
            field = folded ? "lower(" + field + ")" : field;
            value = folded ? "lower(?)" : "?";
        }
        if (filter.operator() == EntryFilter.Operator.EQ || filter.operator() == EntryFilter.Operator.IN) {
            bounds.addAll(values);
            String each = value;
            return values.isEmpty()
                    ? "false"
                    : field + " IN (" + values.stream().map(one -> each).collect(Collectors.joining(", ")) + ")";
        }
        bounds.add(values.get(0));
        return switch (filter.operator()) {
            case GE -> collated(field, filter) + " >= " + value;
            case LE -> collated(field, filter) + " <= " + value;
            case GT -> collated(field, filter) + " > " + value;
            case LT -> collated(field, filter) + " < " + value;
            default -> "strpos(" + field + ", " + value + ") > 0";
        };
    }

    private static String collated(String field, EntryFilter filter) {
        return filter.as() == EntryFilter.As.DECIMAL ? field : field + " COLLATE \"C\"";
    }

    /** The page as {@link QueryEntries} answers it. */
    String answer(PostgresEventLog log) {
        String order = " ORDER BY cursor" + (query.descending() ? " DESC" : "") + " LIMIT " + query.limit();
        List<String> entries = query.limit() > 0
                ? log.rows(
                        "SELECT cursor, record" + where + order,
                        row -> "[\"" + row.getString(1) + "\"," + row.getString(2) + ']',
                        bounds.toArray())
                : List.of();
        Long count = query.count()
                ? log.rows("SELECT count(*)" + where, row -> row.getLong(1), bounds.toArray())
                        .get(0)
                : null;
        return "{\"entries\":[" + String.join(",", entries) + "],\"count\":" + count + '}';
    }
}
