package io.hazelgate.engine.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hazelgate.engine.wire.Change;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinesTest {
    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<Change> thereAndBack(String key, String entry) {
        Lines.Buffer buffer = new Lines.Buffer();
        Lines.append(buffer, "first", utf8("{}"));
        Lines.append(buffer, key, utf8(entry));
        return Lines.changes(buffer.bytes(), buffer.size());
    }

    @Test
    void anEntryComesBackByteForByte() {
        String entry = "{\"_meta\":{\"version\":1},\"name\":\"Zoë \\\"}\\n\",\"amount\":\"1.50\"}";
        List<Change> changes = thereAndBack("Customer@c-1", entry);
        assertEquals(
                List.of("first", "Customer@c-1"),
                changes.stream().map(Change::key).toList());
        assertArrayEquals(utf8(entry), changes.get(1).json());
    }

    @Test
    void whereALineEndsDoesNotMatter() {
        for (int length = 0; length < 40; length++) {
            String entry = "{\"a\":\"" + "\013Ċ\011".repeat(length) + "\"}";
            assertArrayEquals(
                    utf8(entry), thereAndBack("k" + length, entry).get(1).json());
        }
    }

    @Test
    void aKeyMayHoldAnything() {
        assertEquals("a\"b\\c\nd", thereAndBack("a\"b\\c\nd", "{}").get(1).key());
    }

    @Test
    void lineFeedsBetweenTokensDoNotEndAnEntry() {
        assertArrayEquals(
                utf8("{  \"a\": 1 }"),
                thereAndBack("k", "{\r\n\"a\": 1\n}").get(1).json());
    }
}
