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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** The connections to PostgreSQL, and what is asked over them. Where it is away, questions fail with {@link LogAway}. */
final class Postgres implements AutoCloseable {
    private static final int MAX_CONNECTIONS = 6;

    interface Work<T> {
        T over(Connection connection) throws SQLException;
    }

    private final HikariDataSource connections;
    private final Health health;

    Postgres(PostgresSettings settings, Health health) {
        this.health = health;
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

    <T> List<T> rows(String sql, PostgresEventLog.Row<T> row, Object... parameters) {
        return select(connection -> {
            try (PreparedStatement statement = prepared(connection, sql, parameters);
                    ResultSet found = statement.executeQuery()) {
                List<T> rows = new ArrayList<>();
                while (found.next()) {
                    rows.add(row.of(found));
                }
                return rows;
            }
        });
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
            throw health.failed(e);
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
