package io.hazelgate.engine.log;

import io.hazelgate.engine.wire.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;

/** The SQL of the log by name, from the commented resource {@code event_store.sql}. */
final class Statements {
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
