package io.hazelgate.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class LogsTest {
    private final Logs.JsonLines form = new Logs.JsonLines();

    private static LogRecord said(Level level, String message) {
        LogRecord record = new LogRecord(level, message);
        record.setLoggerName("io.hazelgate.engine.Engine");
        record.setInstant(Instant.parse("2026-11-23T17:45:00.123456Z"));
        return record;
    }

    @Test
    void aMessageIsOneLineWithTheMembersThatPythonWrites() {
        String text = form.format(said(Level.WARNING, "two\nlines of \"it\""));
        assertEquals(1, text.lines().count());
        JsonObject line = Json.parse(text).asObject();
        assertEquals("2026-11-23T17:45:00.123Z", line.getString("timestamp", ""));
        assertEquals("WARNING", line.getString("level", ""));
        assertEquals("io.hazelgate.engine.Engine", line.getString("logger", ""));
        assertEquals("two\nlines of \"it\"", line.getString("message", ""));
        assertNull(line.get("exc_info"));
    }

    @Test
    void levelsHaveThePythonNames() {
        assertTrue(form.format(said(Level.SEVERE, "x")).contains("\"level\":\"ERROR\""));
        assertTrue(form.format(said(Level.FINE, "x")).contains("\"level\":\"DEBUG\""));
        assertTrue(form.format(said(Level.INFO, "x")).contains("\"level\":\"INFO\""));
    }

    @Test
    void whatWasThrownStaysInTheLine() {
        LogRecord record = said(Level.SEVERE, "it failed");
        record.setThrown(new IllegalStateException("why"));
        String text = form.format(record);
        assertEquals(1, text.lines().count());
        String trace = Json.parse(text).asObject().getString("exc_info", "");
        assertTrue(trace.startsWith("java.lang.IllegalStateException: why"), trace);
        assertFalse(trace.endsWith("\n"));
    }
}
