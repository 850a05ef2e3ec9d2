package io.hazelgate.engine.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hazelgate.engine.log.EventLog.NewEvent;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class EventRowsTest {
    private final List<String> statements = new ArrayList<>();
    private final List<Object> parameters = new ArrayList<>();
    private String refusal;

    private static NewEvent event(int lane) {
        String record = "{\"eventId\":\"e\",\"eventType\":\"Placed\",\"eventVersion\":2,\"aggregateType\":\"T\","
                + "\"aggregateId\":\"a\",\"sequence\":3,\"data\":{\"n\":1e999},\"persistedAt\":\"2026-01-01T00:00:00Z\","
                + "\"correlationId\":\"c\",\"lane\":" + lane + ",\"position\":7,\"cursor\":\"7-" + lane + "\"}";
        return new NewEvent(
                "e", "{\"hash\":\"h\"}".getBytes(StandardCharsets.UTF_8), record.getBytes(StandardCharsets.UTF_8));
    }

    private boolean insert(EventRows rows) throws SQLException {
        return rows.insert(proxy(Connection.class, this::connection), UUID.randomUUID());
    }

    private interface Call {
        Object made(String method, Object[] arguments) throws SQLException;
    }

    private static <T> T proxy(Class<T> type, Call call) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> call.made(method.getName(), arguments)));
    }

    private Object connection(String method, Object[] arguments) {
        if (method.equals("prepareStatement")) {
            statements.add((String) arguments[0]);
            parameters.clear();
            return proxy(PreparedStatement.class, this::statement);
        }
        Object values = arguments[1];
        return proxy(Array.class, (call, none) -> values);
    }

    private Object statement(String method, Object[] arguments) throws SQLException {
        if (method.equals("setObject")) {
            parameters.add(arguments[1] instanceof Array array ? array.getArray() : arguments[1]);
        }
        if (method.equals("executeUpdate")) {
            if (statements.size() == 1 && refusal != null) {
                throw new SQLException("refused", refusal);
            }
            return 1;
        }
        return null;
    }

    @Test
    void aBatchIsOneStatementWithAnArrayForEachColumn() throws SQLException {
        EventRows rows = EventRows.of(List.of(event(5), event(4)));
        assertTrue(insert(rows));
        assertArrayEquals(new Integer[] {4, 5}, rows.lanes());
        assertEquals(
                parameters.size(),
                statements.get(0).chars().filter(c -> c == '?').count());
        assertArrayEquals(new Integer[] {4, 5}, (Integer[]) parameters.get(0));
        assertArrayEquals(new String[] {"Placed", "Placed"}, (String[]) parameters.get(3));
        assertArrayEquals(new String[] {"5", "4"}, (String[]) parameters.get(17));
        assertEquals(2, parameters.get(parameters.size() - 1));
    }

    @Test
    void jsonThatJsonbCanNotHoldIsKeptAsAString() throws SQLException {
        refusal = "22003";
        assertTrue(insert(EventRows.of(List.of(event(1)))));
        assertEquals(2, statements.size());
        assertTrue(statements.get(1).contains("to_jsonb(event_data), to_jsonb(metadata)"), statements.get(1));
    }

    @Test
    void otherFailuresAreNotTriedAgain() {
        refusal = "23505";
        EventRows rows = EventRows.of(List.of(event(1)));
        assertEquals(
                "23505", assertThrows(SQLException.class, () -> insert(rows)).getSQLState());
        assertEquals(1, statements.size());
    }

    @Test
    void anIdThatIsNoUuidHasOneOfVersion5() {
        UUID id = UUID.randomUUID();
        assertEquals(id, EventRows.uuidOf(id.toString()));
        assertEquals(UUID.fromString("e7c99e16-5712-5815-9797-4da3bc9ecea0"), EventRows.uuidOf("order-7 ü"));
    }
}
