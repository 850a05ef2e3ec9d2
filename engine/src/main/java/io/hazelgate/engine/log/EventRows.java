package io.hazelgate.engine.log;

import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Json;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/** Events as rows of {@code event_store}: one array per column, so that a batch of any size is one statement. */
final class EventRows {
    /** Ids that are no UUID have one made of them, version 5 of RFC 9562 in this name space. The record keeps the id itself. */
    private static final UUID NAMESPACE = UUID.fromString("5d4b26a4-6f0c-5ba0-9d2b-0f3f6f1c6a57");

    private record Column(String name, String type) {}

    private static final List<Column> COLUMNS = List.of(
            new Column("event_id", "uuid"),
            new Column("event_type", "text"),
            new Column("event_version", "int"),
            new Column("aggregate_type", "text"),
            new Column("aggregate_id", "text"),
            new Column("aggregate_sequence", "bigint"),
            new Column("event_data", "jsonb"),
            new Column("metadata", "jsonb"),
            new Column("timestamp", "timestamptz"),
            new Column("correlation_id", "text"),
            new Column("causation_id", "text"),
            new Column("saga_id", "text"),
            new Column("saga_type", "text"),
            new Column("step_number", "int"),
            new Column("source", "text"),
            new Column("lane", "int"),
            new Column("position", "bigint"),
            new Column("cursor", "text"),
            new Column("payload_hash", "text"),
            new Column("record", "text"));

    /** JSON goes into JSONB columns. */
    static final String INSERT = statement("%s::jsonb");
    /** JSON that JSONB can't hold (the character NUL, a number beyond all measure) is kept there as a string. */
    static final String INSERT_JSON_AS_STRINGS = statement("to_jsonb(%s)");

    private final String[][] values;
    private final Set<Integer> lanes = new TreeSet<>();
    private int size;

    private EventRows(int capacity) {
        values = new String[COLUMNS.size()][capacity];
    }

    static EventRows of(List<NewEvent> events) {
        EventRows rows = new EventRows(events.size());
        for (NewEvent event : events) {
            rows.add(event);
        }
        return rows;
    }

    /**
     * One statement: the rows are inserted only while their lanes are the run's. The locks are held to its end, so whoever takes a lane
     * over waits for a batch that is under way, and the next batch finds that the lane is another's.
     */
    private static String statement(String json) {
        StringBuilder names = new StringBuilder();
        StringBuilder selected = new StringBuilder();
        StringBuilder arrays = new StringBuilder();
        for (Column column : COLUMNS) {
            String comma = names.isEmpty() ? "" : ", ";
            names.append(comma).append(column.name);
            selected.append(comma)
                    .append(
                            switch (column.type) {
                                case "text" -> column.name;
                                case "jsonb" -> json.formatted(column.name);
                                default -> column.name + "::" + column.type;
                            });
            arrays.append(comma).append("?::text[]");
        }
        return "WITH own AS (SELECT lane FROM lane_owners WHERE lane = ANY(?) AND run = ? ORDER BY lane FOR SHARE) "
                + "INSERT INTO event_store (" + names + ") SELECT " + selected + " FROM unnest(" + arrays + ") AS new("
                + names + ") WHERE (SELECT count(*) FROM own) = ?";
    }

    private void add(NewEvent event) {
        String text = new String(event.record(), StandardCharsets.UTF_8);
        Map<String, String> record = Json.members(event.record());
        String timestamp = Json.string(record.get("timestamp"));
        String[] row = {
            uuidOf(event.eventId()).toString(),
            Json.string(record.get("eventType")),
            Json.string(record.get("eventVersion")),
            Json.string(record.get("aggregateType")),
            Json.string(record.get("aggregateId")),
            Json.string(record.get("sequence")),
            record.get("data"),
            record.getOrDefault("metadata", "{}"),
            timestamp != null && Clock.parse(timestamp) >= 0 ? timestamp : Json.string(record.get("persistedAt")),
            Json.string(record.get("correlationId")),
            Json.string(record.get("causationId")),
            Json.string(record.get("sagaId")),
            Json.string(record.get("sagaType")),
            Json.string(record.get("stepNumber")),
            Json.string(record.get("source")),
            Json.string(record.get("lane")),
            Json.string(record.get("position")),
            Json.string(record.get("cursor")),
            Json.stringField(event.idRecord(), "hash"),
            text
        };
        lanes.add(Integer.valueOf(record.get("lane")));
        for (int column = 0; column < row.length; column++) {
            values[column][size] = row[column];
        }
        size++;
    }

    /** False where some of the lanes are another's: then nothing was inserted. */
    boolean insert(Connection connection, String statement, UUID run) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(statement)) {
            int parameter = 1;
            insert.setArray(parameter++, connection.createArrayOf("int", lanes.toArray()));
            insert.setObject(parameter++, run);
            for (String[] column : values) {
                insert.setArray(parameter++, connection.createArrayOf("text", column));
            }
            insert.setInt(parameter, lanes.size());
            return insert.executeUpdate() > 0;
        }
    }

    /** In which lanes the events are. */
    Set<Integer> lanes() {
        return lanes;
    }

    /** The primary key of an event. */
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
