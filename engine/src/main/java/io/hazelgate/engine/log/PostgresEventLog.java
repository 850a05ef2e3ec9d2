package io.hazelgate.engine.log;

import com.hazelcast.logging.ILogger;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.hazelgate.engine.wire.Json;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * The log in PostgreSQL's table {@code event_store}.
 *
 * <p>A batch is one INSERT, a transaction by itself. It has no ON CONFLICT clause on purpose: where one event of a batch is in the table
 * already, the others must not be stored either, because their numbers were given as if it were new. The unique keys (the event's id, the
 * aggregate's next number) also hold off a member that does not know yet that its lanes are another's.
 */
public final class PostgresEventLog implements EventLog {
    private static final String UNIQUE_VIOLATION = "23505";
    private static final String NO_SUCH_TABLE = "42P01";
    private static final String NO_SUCH_COLUMN = "42703";
    private static final String UNUSABLE_DATA = "22";
    private static final int MAX_CONNECTIONS = 6;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

    private static final String BY_ID = "SELECT record, payload_hash FROM event_store WHERE event_id = ANY(?)";
    private static final String BY_PLACE =
            """
            SELECT e.record, e.payload_hash
            FROM unnest(?::text[], ?::text[], ?::bigint[]) AS wanted(aggregate_type, aggregate_id, aggregate_sequence)
            JOIN event_store e USING (aggregate_type, aggregate_id, aggregate_sequence)""";
    private static final String OWN =
            """
            INSERT INTO lane_owners (lane, run) SELECT lane, ? FROM unnest(?) AS wanted(lane)
            ON CONFLICT (lane) DO UPDATE SET run = excluded.run""";
    private static final String OF_OTHERS =
            """
            SELECT lane FROM unnest(?) AS wanted(lane)
            WHERE NOT EXISTS (SELECT FROM lane_owners own WHERE own.lane = wanted.lane AND own.run = ?)""";
    private static final String COLUMNS = "SELECT cursor, record, payload_hash FROM event_store";

    private static final String DECIDE =
            """
            INSERT INTO dead_letter_decisions (dead_letter_id, decision) VALUES (?, ?)
            ON CONFLICT (dead_letter_id) DO UPDATE SET decision = EXCLUDED.decision""";
    private static final String UNDECIDE = "DELETE FROM dead_letter_decisions WHERE dead_letter_id = ?";
    private static final String DECISIONS = "SELECT dead_letter_id, decision FROM dead_letter_decisions";

    /** What a SELECT is given and what becomes of its rows. */
    public interface Query<T> {
        T on(Connection connection) throws SQLException;
    }

    private static final String NOT_ASKED = "PostgreSQL is away: not asked yet";

    private final HikariDataSource connections;
    private final ILogger log;
    private volatile String problem = NOT_ASKED;
    private volatile long failedAtNanos = System.nanoTime();
    /** When the append, and the probe, that is under way began; 0: none is. */
    private volatile long appendingSince;

    private volatile long probingSince;

    public PostgresEventLog(PostgresSettings settings, ILogger log) {
        this.log = log;
        HikariConfig config = new HikariConfig();
        config.setPoolName("hazelgate");
        config.setJdbcUrl(settings.url());
        config.setDataSourceProperties(settings.properties());
        config.setMaximumPoolSize(MAX_CONNECTIONS);
        config.setMinimumIdle(2);
        config.setConnectionTimeout(TimeUnit.SECONDS.toMillis(3));
        config.setValidationTimeout(TimeUnit.SECONDS.toMillis(2));
        config.setKeepaliveTime(TimeUnit.SECONDS.toMillis(30));
        // The member starts without PostgreSQL, too, and says what is missing.
        config.setInitializationFailTimeout(-1);
        connections = new HikariDataSource(config);
    }

    @Override
    public boolean isDurable() {
        return true;
    }

    @Override
    public String problem() {
        long slowest = Math.max(waiting(appendingSince), waiting(probingSince));
        if (problem == null && slowest > PATIENCE_NANOS) {
            return "PostgreSQL is away: no answer for " + TimeUnit.NANOSECONDS.toSeconds(slowest) + " s";
        }
        return problem;
    }

    @Override
    public boolean isAsked() {
        return !NOT_ASKED.equals(problem);
    }

    private static long waiting(long since) {
        return since == 0 ? 0 : System.nanoTime() - since;
    }

    /** Asks whether the table can be read. */
    public void probe() {
        probingSince = System.nanoTime();
        try {
            ask("SELECT position, run FROM event_store JOIN lane_owners USING (lane) LIMIT 0");
            if (System.nanoTime() - failedAtNanos > PATIENCE_NANOS || appendingSince == 0) {
                recovered();
            }
        } catch (LogAway e) {
            log.fine("PostgreSQL was asked in vain", e);
        } finally {
            probingSince = 0;
        }
    }

    private void ask(String sql) {
        select(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                return statement.executeQuery().next();
            }
        });
    }

    private void recovered() {
        if (problem != null) {
            log.info("PostgreSQL answers");
            problem = null;
        }
    }

    @Override
    public void own(Collection<Integer> lanes, UUID run) {
        Object[] inOrder = new TreeSet<>(lanes).toArray();
        select(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(OWN)) {
                statement.setObject(1, run);
                statement.setArray(2, connection.createArrayOf("int", inOrder));
                return statement.executeUpdate();
            }
        });
    }

    @Override
    public void append(List<NewEvent> events, UUID run) throws StoreConflict, LanesTakenOver {
        if (events.isEmpty()) {
            return;
        }
        appendingSince = System.nanoTime();
        try {
            EventRows rows = EventRows.of(events);
            boolean own = inserted(rows, run);
            recovered();
            if (!own) {
                throw new LanesTakenOver(ofOthers(rows.lanes(), run));
            }
        } catch (SQLException e) {
            if (UNIQUE_VIOLATION.equals(e.getSQLState())) {
                throw conflict(events);
            }
            throw away(e);
        } finally {
            appendingSince = 0;
        }
    }

    /** False where some of the lanes are another's. */
    private boolean inserted(EventRows rows, UUID run) throws SQLException {
        try (Connection connection = connections.getConnection()) {
            try {
                return rows.insert(connection, EventRows.INSERT, run);
            } catch (SQLException e) {
                // Perhaps JSONB can't hold what an event says.
                if (e.getSQLState() == null || !e.getSQLState().startsWith(UNUSABLE_DATA)) {
                    throw e;
                }
                return rows.insert(connection, EventRows.INSERT_JSON_AS_STRINGS, run);
            }
        }
    }

    private List<Integer> ofOthers(Set<Integer> lanes, UUID run) {
        return select(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(OF_OTHERS)) {
                statement.setArray(1, connection.createArrayOf("int", lanes.toArray()));
                statement.setObject(2, run);
                List<Integer> others = new ArrayList<>();
                ResultSet rows = statement.executeQuery();
                while (rows.next()) {
                    others.add(rows.getInt(1));
                }
                return others;
            }
        });
    }

    private StoreConflict conflict(List<NewEvent> events) {
        Set<String> ids = new HashSet<>();
        List<StoreKey> places = new ArrayList<>();
        for (NewEvent event : events) {
            ids.add(event.eventId());
            places.add(StoreKey.of(event.record()));
        }
        Map<String, KnownRecord> known = find(ids);
        List<byte[]> others = new ArrayList<>();
        for (KnownRecord record : at(places)) {
            if (!known.containsKey(record.eventId())) {
                others.add(record.record());
            }
        }
        return new StoreConflict(others, known);
    }

    @Override
    public Map<String, KnownRecord> find(Collection<String> eventIds) {
        if (eventIds.isEmpty()) {
            return Map.of();
        }
        UUID[] uuids = eventIds.stream().map(EventRows::uuidOf).toArray(UUID[]::new);
        return select(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(BY_ID)) {
                statement.setArray(1, connection.createArrayOf("uuid", uuids));
                Map<String, KnownRecord> found = new HashMap<>();
                for (KnownRecord record : knownRecords(statement)) {
                    found.put(record.eventId(), record);
                }
                return found;
            }
        });
    }

    @Override
    public Map<String, byte[]> records(Collection<String> storeKeys) {
        List<StoreKey> places = new ArrayList<>();
        for (String key : storeKeys) {
            StoreKey place = StoreKey.parse(key);
            if (place != null) {
                places.add(place);
            }
        }
        Map<String, byte[]> found = new HashMap<>();
        for (KnownRecord record : at(places)) {
            found.put(StoreKey.of(record.record()).toString(), record.record());
        }
        return found;
    }

    private List<KnownRecord> at(List<StoreKey> places) {
        if (places.isEmpty()) {
            return List.of();
        }
        return select(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(BY_PLACE)) {
                statement.setArray(1, connection.createArrayOf("text", array(places, StoreKey::aggregateType)));
                statement.setArray(2, connection.createArrayOf("text", array(places, StoreKey::aggregateId)));
                statement.setArray(3, connection.createArrayOf("bigint", array(places, StoreKey::sequence)));
                return knownRecords(statement);
            }
        });
    }

    private static Object[] array(List<StoreKey> places, java.util.function.Function<StoreKey, Object> part) {
        return places.stream().map(part).toArray();
    }

    private static List<KnownRecord> knownRecords(PreparedStatement statement) throws SQLException {
        List<KnownRecord> records = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                records.add(new KnownRecord(rows.getString(1).getBytes(StandardCharsets.UTF_8), rows.getString(2)));
            }
        }
        return records;
    }

    @Override
    public List<StoredEvent> read(Collection<Integer> lanes, String afterCursor, int limit) {
        String sql = COLUMNS + " WHERE cursor > ?" + (lanes == null ? "" : " AND lane = ANY(?)")
                + " ORDER BY cursor LIMIT ?";
        return select(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                int parameter = 1;
                statement.setString(parameter++, afterCursor == null ? "" : afterCursor);
                if (lanes != null) {
                    statement.setArray(parameter++, connection.createArrayOf("int", lanes.toArray()));
                }
                statement.setInt(parameter, limit);
                List<StoredEvent> page = new ArrayList<>();
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        // As they came: a text's bytes are UTF-8.
                        page.add(new StoredEvent(rows.getString(1), rows.getBytes(2), rows.getString(3)));
                    }
                }
                return page;
            }
        });
    }

    @Override
    public void decide(String deadLetterId, byte[] decision) {
        select(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(decision == null ? UNDECIDE : DECIDE)) {
                statement.setString(1, deadLetterId);
                if (decision != null) {
                    statement.setString(2, new String(decision, StandardCharsets.UTF_8));
                }
                return statement.executeUpdate();
            }
        });
    }

    @Override
    public Map<String, byte[]> decisions() {
        return select(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(DECISIONS);
                    ResultSet rows = statement.executeQuery()) {
                Map<String, byte[]> decisions = new HashMap<>();
                while (rows.next()) {
                    decisions.put(rows.getString(1), Json.bytes(rows.getString(2)));
                }
                return decisions;
            }
        });
    }

    @Override
    public long count() {
        return number("SELECT count(*) FROM event_store");
    }

    @Override
    public long countUpTo(long position) {
        return number("SELECT count(*) FROM event_store WHERE cursor < '" + EventLog.cursorAfter(position) + "'");
    }

    /** How many events are above one position, and at or below another. */
    public long countBetween(long above, long upTo) {
        return number("SELECT count(*) FROM event_store WHERE cursor > '" + EventLog.cursorAfter(above)
                + "' AND cursor < '" + EventLog.cursorAfter(upTo) + "'");
    }

    @Override
    public boolean hasEventsAfter(long position) {
        return !read(null, EventLog.cursorAfter(position), 1).isEmpty();
    }

    /** The highest position of any event; 0 where there is none. */
    public long lastPosition() {
        return number("SELECT coalesce((SELECT position FROM event_store ORDER BY cursor DESC LIMIT 1), 0)");
    }

    /** The cursor behind which the newest so many events are; empty where there are not more than that. */
    public String cursorBeforeNewest(int events) {
        return select(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT cursor FROM event_store ORDER BY cursor DESC OFFSET ? LIMIT 1")) {
                statement.setInt(1, events);
                ResultSet rows = statement.executeQuery();
                return rows.next() ? rows.getString(1) : "";
            }
        });
    }

    private long number(String sql) {
        return select(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                ResultSet rows = statement.executeQuery();
                rows.next();
                return rows.getLong(1);
            }
        });
    }

    /**
     * Reads.
     *
     * @throws LogAway it can't be read just now
     */
    public <T> T select(Query<T> query) {
        try (Connection connection = connections.getConnection()) {
            return query.on(connection);
        } catch (SQLException e) {
            throw away(e);
        }
    }

    private LogAway away(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        if (state.equals(NO_SUCH_TABLE) || state.equals(NO_SUCH_COLUMN)) {
            problem = "PostgreSQL does not have the tables as this release needs them: run `hazelgate migrate`";
        } else {
            Throwable said = e.getCause() instanceof SQLException cause ? cause : e;
            problem = "PostgreSQL is away: "
                    + String.valueOf(said.getMessage()).lines().findFirst().orElse("no answer");
        }
        failedAtNanos = System.nanoTime();
        return new LogAway(problem, e);
    }

    @Override
    public void close() {
        connections.close();
    }
}
