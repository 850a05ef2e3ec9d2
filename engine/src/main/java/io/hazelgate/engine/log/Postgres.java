package io.hazelgate.engine.log;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.hazelgate.engine.wire.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Connections to PostgreSQL, and what is asked over them. Where it is away, questions fail with {@link LogAway}.
 *
 * <p>There are two of these, so that nobody's query takes the connections that an append needs, or has the log taken for away.
 */
final class Postgres implements AutoCloseable {
    private static final int MAX_CONNECTIONS = 6;
    private static final int MAX_QUERIES = 4;
    /** Less than the socket's limit: PostgreSQL itself ends a query that takes longer. */
    private static final int QUERY_SECONDS = 15;
    /** Counting a long log takes its time. */
    private static final int COUNT_SECONDS = 300;

    private static final String BUSY = "PostgreSQL is busy with other queries: try again in a moment";

    interface Work<T> {
        T over(Connection connection) throws SQLException;
    }

    private final HikariDataSource connections;
    private final Function<SQLException, LogAway> failed;

    private Postgres(HikariConfig config, Function<SQLException, LogAway> failed) {
        this.failed = failed;
        config.setConnectionTimeout(TimeUnit.SECONDS.toMillis(3));
        config.setValidationTimeout(TimeUnit.SECONDS.toMillis(2));
        config.setKeepaliveTime(TimeUnit.SECONDS.toMillis(30));
        // The member starts without PostgreSQL, too, and says what is missing.
        config.setInitializationFailTimeout(-1);
        connections = new HikariDataSource(config);
    }

    /** For what the engine itself appends and reads: what fails here tells how the log stands. */
    static Postgres ofLog(PostgresSettings settings, Health health) {
        return new Postgres(pool("hazelgate", settings, 2, MAX_CONNECTIONS), health::failed);
    }

    /** For what others ask, and for counts: how long that takes says nothing about the log. */
    static Postgres ofQueries(PostgresSettings settings) {
        HikariConfig config = pool("hazelgate-queries", settings, 0, MAX_QUERIES);
        config.setConnectionInitSql(limit("SET", QUERY_SECONDS));
        return new Postgres(config, e -> new LogAway(isBusy(e) ? BUSY : Health.told(e), e));
    }

    /** Whether no connection was free in time, although PostgreSQL is there. */
    private static boolean isBusy(SQLException e) {
        return e instanceof SQLTransientConnectionException && e.getCause() == null;
    }

    private static HikariConfig pool(String name, PostgresSettings settings, int idle, int most) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(name);
        config.setJdbcUrl(settings.url());
        config.setDataSourceProperties(settings.properties());
        config.setMinimumIdle(idle);
        config.setMaximumPoolSize(most);
        return config;
    }

    private static String limit(String set, int seconds) {
        return set + " statement_timeout = " + TimeUnit.SECONDS.toMillis(seconds);
    }

    /** The number of many rows. */
    long count(String sql, Object... parameters) {
        return select(connection -> {
            connection.setNetworkTimeout(Runnable::run, (int) TimeUnit.SECONDS.toMillis(COUNT_SECONDS + 5));
            connection.setAutoCommit(false);
            changed(connection, limit("SET LOCAL", COUNT_SECONDS));
            return rows(connection, sql, row -> row.getLong(1), parameters).get(0);
        });
    }

    <T> List<T> rows(String sql, PostgresEventLog.Row<T> row, Object... parameters) {
        return select(connection -> rows(connection, sql, row, parameters));
    }

    private static <T> List<T> rows(
            Connection connection, String sql, PostgresEventLog.Row<T> row, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepared(connection, sql, parameters);
                ResultSet found = statement.executeQuery()) {
            List<T> rows = new ArrayList<>();
            while (found.next()) {
                rows.add(row.of(found));
            }
            return rows;
        }
    }

    long number(String sql, Object... parameters) {
        return rows(sql, row -> row.getLong(1), parameters).get(0);
    }

    void change(String sql, Object... parameters) {
        select(connection -> changed(connection, sql, parameters));
    }

    private <T> T select(Work<T> work) {
        try {
            return on(work);
        } catch (SQLException e) {
            throw failed.apply(e);
        }
    }

    /** The same where a failure may be the data's. */
    <T> T on(Work<T> work) throws SQLException {
        try (Connection connection = connections.getConnection()) {
            return work.over(connection);
        }
    }

    static int changed(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepared(connection, sql, parameters)) {
            return statement.executeUpdate();
        }
    }

    private static PreparedStatement prepared(Connection connection, String sql, Object... parameters)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(
                    i + 1, parameters[i] instanceof Object[] each ? array(connection, each) : parameters[i]);
        }
        return statement;
    }

    private static Array array(Connection connection, Object[] values) throws SQLException {
        String type = values instanceof String[]
                ? "text"
                : values instanceof Integer[] ? "int" : values instanceof UUID[] ? "uuid" : "bigint";
        return connection.createArrayOf(type, values);
    }

    @Override
    public void close() {
        connections.close();
    }

    /** The SQL of the log by name, from the commented resource {@code event_store.sql}. */
    static final class Statements {
        private static final Map<String, String> BY_NAME = read("event_store.sql");

        private Statements() {}

        static String named(String name) {
            String statement = BY_NAME.get(name);
            if (statement == null) {
                throw new IllegalArgumentException("event_store.sql has no statement " + name);
            }
            return statement;
        }

        private static Map<String, String> read(String resource) {
            try (InputStream sql = Statements.class.getResourceAsStream(resource)) {
                Map<String, String> statements = new HashMap<>();
                String[] parts = Json.text(sql.readAllBytes()).split("(?m)^-- name: ");
                for (int i = 1; i < parts.length; i++) {
                    String[] nameAndBody = parts[i].split("\n", 2);
                    statements.put(
                            nameAndBody[0],
                            nameAndBody[1].replaceAll("(?m)^--.*\n", "").strip());
                }
                return statements;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
