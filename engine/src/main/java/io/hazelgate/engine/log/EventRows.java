package io.hazelgate.engine.log;

import io.hazelgate.engine.log.EventLog.NewEvent;
import io.hazelgate.engine.log.Postgres.Statements;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Json;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/** Events as rows of {@code event_store}: one array per column, so that a batch of any size is one statement. */
final class EventRows {
    /** Ids that are no UUID have one made of them, version 5 of RFC 9562 in this name space. The record keeps the id itself. */
    private static final UUID NAMESPACE = UUID.fromString("5d4b26a4-6f0c-5ba0-9d2b-0f3f6f1c6a57");

    /** In the order in which the statement names its columns; most have the name of their field. */
    private static final String[] COLUMNS = {
        "id", "eventType", "eventVersion", "aggregateType", "aggregateId", "sequence", "data", "metadata", "timestamp",
        "correlationId", "causationId", "sagaId", "sagaType", "stepNumber", "source", "lane", "position", "cursor",
        "hash", "record"
    };
    /** JSON goes into JSONB columns. */
    private static final String APPEND = Statements.named("append");
    /** JSON that JSONB can't hold (the character NUL, a number beyond all measure) is kept there as a string. */
    private static final String APPEND_JSON_AS_STRINGS = APPEND.replaceAll("(\\w+)::jsonb", "to_jsonb($1)");

    private static final String UNUSABLE_DATA = "22";

    private final String[][] values;
    private final Set<Integer> lanes = new TreeSet<>();
    private int size;

    private EventRows(int capacity) {
        values = new String[COLUMNS.length][capacity];
    }

    static EventRows of(List<NewEvent> events) {
        EventRows rows = new EventRows(events.size());
        for (NewEvent event : events) {
            rows.add(event);
        }
        return rows;
    }

    private void add(NewEvent event) {
        Map<String, String> record = Json.members(event.record());
        for (int column = 0; column < COLUMNS.length; column++) {
            String name = COLUMNS[column];
            values[column][size] = switch (name) {
                case "id" -> uuidOf(event.eventId()).toString();
                case "data" -> record.get(name);
                case "metadata" -> record.getOrDefault(name, "{}");
                case "timestamp" -> instantOf(record);
                case "hash" -> Json.stringField(event.idRecord(), name);
                case "record" -> Json.text(event.record());
                default -> Json.string(record.get(name));
            };
        }
        lanes.add(Integer.valueOf(record.get("lane")));
        size++;
    }

    private static String instantOf(Map<String, String> record) {
        String timestamp = Json.string(record.get("timestamp"));
        return timestamp != null && Clock.parse(timestamp) >= 0 ? timestamp : Json.string(record.get("persistedAt"));
    }

    /** False where some of the lanes are another's: then nothing was inserted. */
    boolean insert(Connection connection, UUID run) throws SQLException {
        List<Object> parameters = new ArrayList<>(List.of(lanes(), run));
        parameters.addAll(Arrays.asList(values));
        parameters.add(lanes.size());
        try {
            return Postgres.changed(connection, APPEND, parameters.toArray()) > 0;
        } catch (SQLException e) {
            // Perhaps JSONB can't hold what an event says.
            if (e.getSQLState() == null || !e.getSQLState().startsWith(UNUSABLE_DATA)) {
                throw e;
            }
            return Postgres.changed(connection, APPEND_JSON_AS_STRINGS, parameters.toArray()) > 0;
        }
    }

    Integer[] lanes() {
        return lanes.toArray(Integer[]::new);
    }

    static UUID uuidOf(String eventId) {
        try {
            UUID uuid = UUID.fromString(eventId);
            if (uuid.toString().equals(eventId)) {
                return uuid;
            }
        } catch (IllegalArgumentException e) {
            // not a UUID: one is made of it
        }
        return named(eventId);
    }

    private static UUID named(String eventId) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-1");
            sha.update(ByteBuffer.allocate(16)
                    .putLong(NAMESPACE.getMostSignificantBits())
                    .putLong(NAMESPACE.getLeastSignificantBits())
                    .array());
            ByteBuffer hash = ByteBuffer.wrap(sha.digest(eventId.getBytes(StandardCharsets.UTF_8)));
            long high = hash.getLong() & ~0xF000L | 0x5000L;
            long low = hash.getLong() & 0x3FFF_FFFF_FFFF_FFFFL | 0x8000_0000_0000_0000L;
            return new UUID(high, low);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-1", e);
        }
    }
}
