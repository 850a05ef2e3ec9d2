package io.hazelgate.engine.tasks;

import io.hazelgate.engine.log.PostgresEventLog;
import io.hazelgate.engine.tasks.EntryFilter.All;
import io.hazelgate.engine.tasks.EntryFilter.Any;
import io.hazelgate.engine.tasks.EntryFilter.As;
import io.hazelgate.engine.tasks.EntryFilter.Comparison;
import io.hazelgate.engine.tasks.EntryFilter.Operator;
import io.hazelgate.engine.wire.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What {@link QueryEntries} asks of {@code event-store}, where the log is in PostgreSQL.
 *
 * <p>PostgreSQL answers what its columns tell, with its indexes. What else a filter says is looked at here, row by row, as for any other
 * map: so it means the same everywhere.
 */
final class LogQuery {
    private static final Map<String, String> COLUMNS = Map.of(
            "eventType", "event_type",
            "aggregateType", "aggregate_type",
            "aggregateId", "aggregate_id",
            "correlationId", "correlation_id",
            "causationId", "causation_id",
            "sagaId", "saga_id",
            "sagaType", "saga_type",
            "source", "source");
    private static final int ROWS_AT_ONCE = 1_000;

    private final EntryQuery query;
    private final Condition condition;

    /**
     * A part of a WHERE clause.
     *
     * @param arguments for its parameters: strings, and arrays of them
     * @param whole whether it says all that the filter says; else it lets more through
     */
    private record Condition(String sql, List<Object> arguments, boolean whole) {
        static final Condition NONE = new Condition("true", List.of(), true);

        static Condition of(EntryFilter filter) {
            if (filter instanceof All all) {
                return joined(all.filters().stream().map(Condition::of).toList(), " AND ", "true");
            }
            if (filter instanceof Any any) {
                return joined(any.filters().stream().map(Condition::of).toList(), " OR ", "false");
            }
            if (filter instanceof Comparison one
                    && one.as() == As.TEXT
                    && one.path().size() == 1) {
                String column = COLUMNS.get(Json.text(one.path().get(0)));
                if (column != null && (one.operator() == Operator.EQ || one.operator() == Operator.IN)) {
                    String[] values = one.values().stream()
                            .map(value -> Json.text((byte[]) value))
                            // PostgreSQL knows no text with that, and so has none.
                            .filter(value -> value.indexOf('\0') < 0)
                            .toArray(String[]::new);
                    return values.length == 1
                            ? new Condition(column + " = ?", List.<Object>of(values[0]), true)
                            : new Condition(column + " = ANY (?)", List.of((Object) values), true);
                }
            }
            return new Condition("true", List.of(), false);
        }

        private static Condition joined(List<Condition> parts, String by, String empty) {
            return new Condition(
                    parts.isEmpty()
                            ? empty
                            : parts.stream().map(Condition::sql).collect(Collectors.joining(by, "(", ")")),
                    parts.stream().flatMap(part -> part.arguments.stream()).toList(),
                    parts.stream().allMatch(Condition::whole));
        }

        Condition and(Condition other) {
            return joined(List.of(this, other), " AND ", "true");
        }
    }

    LogQuery(EntryQuery query) {
        condition = query.filter() == null ? Condition.NONE : Condition.of(query.filter());
        this.query = condition.whole ? query.unfiltered() : query;
    }

    /** Without the filter where PostgreSQL answers all of it. */
    EntryQuery query() {
        return query;
    }

    void answer(PostgresEventLog log, Page page) {
        if (query.count() && query.filter() == null) {
            Condition all = condition.and(Condition.joined(
                    query.ranges().stream().map(LogQuery::within).toList(), " OR ", "false"));
            page.counted(rows(log, "count(*)", all, "", row -> row.getLong(1)).get(0));
        }
        query.inOrder().forEach(range -> read(log, range, page));
    }

    private record Found(String cursor, byte[] record) {}

    private void read(PostgresEventLog log, KeyRange range, Page page) {
        int most = query.filter() == null ? Math.min(query.limit(), ROWS_AT_ONCE) : ROWS_AT_ONCE;
        String order = " ORDER BY cursor" + (query.descending() ? " DESC" : "") + " LIMIT " + most;
        Condition left = within(range);
        while (left != null && !page.isFull()) {
            // As it came: a text's bytes are UTF-8.
            List<Found> found = rows(
                    log,
                    "cursor, record",
                    condition.and(left),
                    order,
                    row -> new Found(row.getString(1), row.getBytes(2)));
            for (int i = 0; i < found.size() && !page.isFull(); i++) {
                page.look(Json.bytes(found.get(i).cursor), found.get(i).record, 0);
            }
            left = found.size() < most ? null : within(range).and(behind(found.get(most - 1).cursor));
        }
    }

    private Condition behind(String cursor) {
        return new Condition(query.descending() ? "cursor < ?" : "cursor > ?", List.of(cursor), true);
    }

    private static <T> List<T> rows(
            PostgresEventLog log, String what, Condition where, String order, PostgresEventLog.Row<T> row) {
        return log.rows(
                "SELECT " + what + " FROM event_store WHERE " + where.sql + order, row, where.arguments.toArray());
    }

    /** PostgreSQL knows no text with the character 0, with which the first key behind another one is written. */
    private static Condition within(KeyRange range) {
        List<Condition> bounds = new ArrayList<>();
        if (range.start() != null) {
            bounds.add(bound(range.start(), "cursor > ?", "cursor >= ?"));
        }
        if (range.end() != null) {
            bounds.add(bound(range.end(), "cursor <= ?", "cursor < ?"));
        }
        return Condition.joined(bounds, " AND ", "true");
    }

    private static Condition bound(String key, String behind, String at) {
        int zero = key.indexOf('\0');
        return zero < 0
                ? new Condition(at, List.of(key), true)
                : new Condition(behind, List.of(key.substring(0, zero)), true);
    }
}
