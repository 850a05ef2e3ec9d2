package io.hazelgate.engine.log;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.logging.ILogger;
import io.hazelgate.engine.log.Postgres.Statements;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.UUID;

/**
 * The log in PostgreSQL's table {@code event_store}.
 *
 * <p>A batch is one INSERT, a transaction by itself. It has no ON CONFLICT clause on purpose: where one event of a batch is in the table
 * already, the others must not be stored either, because their numbers were given as if it were new. The unique keys (the event's id, the
 * aggregate's next number) also hold off a member that does not know yet that its lanes are another's.
 */
public final class PostgresEventLog implements EventLog {
    private static final String UNIQUE_VIOLATION = "23505";

    public interface Row<T> {
        T of(ResultSet row) throws SQLException;
    }

    private final Health health;
    private final Postgres postgres;
    private final Postgres queries;
    private final ILogger log;
    private volatile String id;

    public PostgresEventLog(PostgresSettings settings, ILogger log) {
        this.log = log;
        health = new Health(log, System::nanoTime);
        postgres = Postgres.ofLog(settings, health);
        queries = Postgres.ofQueries(settings);
    }

    @Override
    public boolean isDurable() {
        return true;
    }

    @Override
    public boolean isAsked() {
        return health.isAsked();
    }

    @Override
    public String problem() {
        return health.problem();
    }

    /** Made with the tables: a restart of all members changes nothing. */
    @Override
    public String id(HazelcastInstance member) {
        if (id == null) {
            id = postgres.rows(Statements.named("log id"), row -> row.getString(1))
                    .get(0);
        }
        return id;
    }

    public void probe() {
        health.probing(true);
        try {
            postgres.rows(Statements.named("probe"), row -> row);
            health.answeredProbe();
        } catch (LogAway e) {
            log.fine("PostgreSQL was asked in vain", e);
        } finally {
            health.probing(false);
        }
    }

    @Override
    public void own(Collection<Integer> lanes, UUID run) {
        Integer[] inOrder = new TreeSet<>(lanes).toArray(Integer[]::new);
        postgres.change(Statements.named("own"), run, inOrder);
    }

    @Override
    public void append(List<NewEvent> events, UUID run) throws StoreConflict, LanesTakenOver {
        if (events.isEmpty()) {
            return;
        }
        health.appending(true);
        try {
            EventRows rows = EventRows.of(events);
            boolean own = postgres.on(connection -> rows.insert(connection, run));
            health.answered();
            if (!own) {
                throw new LanesTakenOver(
                        postgres.rows(Statements.named("lanes of others"), row -> row.getInt(1), rows.lanes(), run));
            }
        } catch (SQLException e) {
            if (UNIQUE_VIOLATION.equals(e.getSQLState())) {
                throw conflict(events);
            }
            throw health.failed(e);
        } finally {
            health.appending(false);
        }
    }

    private StoreConflict conflict(List<NewEvent> events) {
        Map<String, StoredEvent> known =
                find(events.stream().map(NewEvent::eventId).toList());
        List<StoreKey> places =
                events.stream().map(event -> StoreKey.of(event.record())).toList();
        List<byte[]> others = from(postgres, places).stream()
                .filter(event -> !known.containsKey(event.eventId()))
                .map(StoredEvent::record)
                .toList();
        return new StoreConflict(others, known);
    }

    @Override
    public Map<String, StoredEvent> find(Collection<String> eventIds) {
        if (eventIds.isEmpty()) {
            return Map.of();
        }
        // A text's row has a UUID made of it. Whoever gives an event that very UUID as its id finds the other's event
        // there.
        Map<UUID, List<String>> idsOf = new HashMap<>();
        eventIds.forEach(id -> idsOf.computeIfAbsent(EventRows.uuidOf(id), uuid -> new ArrayList<>(1))
                .add(id));
        UUID[] uuids = idsOf.keySet().toArray(UUID[]::new);
        Map<String, StoredEvent> found = new HashMap<>();
        for (StoredEvent event : postgres.rows(Statements.named("by id"), PostgresEventLog::stored, (Object) uuids)) {
            idsOf.get(EventRows.uuidOf(event.eventId())).forEach(id -> found.put(id, event));
        }
        return found;
    }

    @Override
    public Map<String, byte[]> records(Collection<String> storeKeys) {
        List<StoreKey> places =
                storeKeys.stream().map(StoreKey::parse).filter(Objects::nonNull).toList();
        Map<String, byte[]> found = new HashMap<>();
        from(queries, places).forEach(event -> found.put(event.place().toString(), event.record()));
        return found;
    }

    private static List<StoredEvent> from(Postgres connections, List<StoreKey> places) {
        if (places.isEmpty()) {
            return List.of();
        }
        return connections.rows(
                Statements.named("by place"),
                PostgresEventLog::stored,
                places.stream().map(StoreKey::aggregateType).toArray(String[]::new),
                places.stream().map(StoreKey::aggregateId).toArray(String[]::new),
                places.stream().map(StoreKey::sequence).toArray(Long[]::new));
    }

    /** The bytes of a text are UTF-8. */
    private static StoredEvent stored(ResultSet row) throws SQLException {
        return new StoredEvent(row.getString(1), row.getBytes(2), row.getString(3));
    }

    @Override
    public LogPage read(Collection<Integer> lanes, String afterCursor, String beforeCursor, int limit, int maxBytes) {
        String after = afterCursor == null ? "" : afterCursor;
        List<StoredEvent> page = lanes == null
                ? postgres.rows(Statements.named("page"), PostgresEventLog::stored, after, limit)
                : postgres.rows(
                        Statements.named("page of lanes"),
                        PostgresEventLog::stored,
                        after,
                        lanes.toArray(Integer[]::new),
                        limit);
        long bytes = 0;
        for (int size = 0; size < page.size(); size++) {
            StoredEvent event = page.get(size);
            boolean beyond = beforeCursor != null && event.cursor().compareTo(beforeCursor) >= 0;
            if (beyond || bytes >= maxBytes) {
                return new LogPage(page.subList(0, size), beyond);
            }
            bytes += event.record().length;
        }
        return new LogPage(page, page.size() < limit);
    }

    @Override
    public Decider decider(String deadLetterId) {
        return PostgresDecider.of(postgres, deadLetterId);
    }

    @Override
    public Map<String, byte[]> decisions() {
        Map<String, byte[]> decisions = new HashMap<>();
        postgres.rows(Statements.named("decisions"), row -> decisions.put(row.getString(1), row.getBytes(2)));
        return decisions;
    }

    @Override
    public long count() {
        return queries.count(Statements.named("count"));
    }

    @Override
    public long countUpTo(long position) {
        return queries.count(Statements.named("count below"), EventLog.cursorAfter(position));
    }

    public long countBetween(long above, long upTo) {
        return queries.count(
                Statements.named("count between"), EventLog.cursorAfter(above), EventLog.cursorAfter(upTo));
    }

    @Override
    public boolean hasEventsAfter(long position) {
        return !read(null, EventLog.cursorAfter(position), 1).isEmpty();
    }

    /** The highest position of any event; 0 where there is none. */
    public long lastPosition() {
        return postgres.number(Statements.named("last position"));
    }

    /** The cursor behind which the newest so many events are; empty where there are not more than that. */
    public String cursorBeforeNewest(int events) {
        return postgres.rows(Statements.named("cursor before the newest"), row -> row.getString(1), events).stream()
                .findFirst()
                .orElse("");
    }

    /**
     * What becomes of the rows that somebody's SELECT finds.
     *
     * @throws LogAway it can't be read just now, or takes too long
     */
    public <T> List<T> rows(String sql, Row<T> row, Object... parameters) {
        return queries.rows(sql, row, parameters);
    }

    @Override
    public void close() {
        postgres.close();
        queries.close();
    }
}
