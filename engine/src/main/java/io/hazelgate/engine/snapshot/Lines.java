package io.hazelgate.engine.snapshot;

import com.hazelcast.internal.json.Json;
import io.hazelgate.engine.wire.Bytes;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.JsonText;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Entries as lines of JSON, {@code {"key":"…","entry":…}}: an entry's own text is copied and never parsed. */
final class Lines {
    private static final byte[] BEFORE_KEY = "{\"key\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] BEFORE_ENTRY = ",\"entry\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = "}\n".getBytes(StandardCharsets.US_ASCII);

    /** A buffer whose bytes need not be copied. */
    static final class Buffer extends ByteArrayOutputStream {
        byte[] bytes() {
            return buf;
        }
    }

    private Lines() {}

    static void append(Buffer buffer, String key, byte[] entry) {
        buffer.writeBytes(BEFORE_KEY);
        buffer.writeBytes(Json.value(key).toString().getBytes(StandardCharsets.UTF_8));
        buffer.writeBytes(BEFORE_ENTRY);
        int from = 0;
        for (int i = 0; i < entry.length; i++) {
            // Only between tokens can JSON have one; who reads goes by lines.
            if (entry[i] == '\n' || entry[i] == '\r') {
                buffer.write(entry, from, i - from);
                buffer.write(' ');
                from = i + 1;
            }
        }
        buffer.write(entry, from, entry.length - from);
        buffer.writeBytes(END);
    }

    /** Takes an entry, key and text in UTF-8; the bytes are used again afterwards. */
    interface Taker {
        void take(byte[] key, int keyFrom, int keyTo, byte[] entry, int from, int to);
    }

    static void forEach(byte[] lines, int length, Taker taker) {
        int from = 0;
        while (from < length) {
            int end = Bytes.find(lines, from, length, '\n');
            int keyFrom = from + BEFORE_KEY.length;
            int keyEnd = JsonText.afterString(lines, keyFrom);
            int entry = keyEnd + BEFORE_ENTRY.length;
            if (Bytes.find(lines, keyFrom, keyEnd, '\\') < keyEnd) {
                byte[] key = Json.parse(new String(lines, keyFrom, keyEnd - keyFrom, StandardCharsets.UTF_8))
                        .asString()
                        .getBytes(StandardCharsets.UTF_8);
                taker.take(key, 0, key.length, lines, entry, end - 1);
            } else {
                taker.take(lines, keyFrom + 1, keyEnd - 1, lines, entry, end - 1);
            }
            from = end + 1;
        }
    }

    /** The entries, each to be written where there is none yet. */
    static List<Change> changes(byte[] lines, int length) {
        List<Change> changes = new ArrayList<>();
        forEach(
                lines,
                length,
                (key, keyFrom, keyTo, entry, from, to) -> changes.add(Change.setIfAbsent(
                        new String(key, keyFrom, keyTo - keyFrom, StandardCharsets.UTF_8),
                        Arrays.copyOfRange(entry, from, to))));
        return changes;
    }
}
