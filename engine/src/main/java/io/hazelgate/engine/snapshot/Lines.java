package io.hazelgate.engine.snapshot;

import com.hazelcast.internal.json.Json;
import io.hazelgate.engine.entries.Change;
import java.io.ByteArrayOutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Entries as lines of JSON, {@code {"key":"…","entry":…}}: an entry's own text is copied and never parsed. */
final class Lines {
    private static final byte[] BEFORE_KEY = "{\"key\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] BEFORE_ENTRY = ",\"entry\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = "}\n".getBytes(StandardCharsets.US_ASCII);
    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long LOWEST_BITS = 0x0101_0101_0101_0101L;
    private static final long HIGHEST_BITS = LOWEST_BITS << 7;
    private static final long LINE_FEEDS = LOWEST_BITS * '\n';

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

    /** The entries, each to be written where there is none yet. */
    static List<Change> changes(byte[] frame, int start) {
        List<Change> changes = new ArrayList<>();
        int from = start;
        while (from < frame.length) {
            int end = lineEnd(frame, from);
            int keyFrom = from + BEFORE_KEY.length;
            int keyEnd = endOfString(frame, keyFrom);
            String key = new String(frame, keyFrom + 1, keyEnd - keyFrom - 2, StandardCharsets.UTF_8);
            if (key.indexOf('\\') >= 0) {
                key = Json.parse('"' + key + '"').asString();
            }
            changes.add(Change.setIfAbsent(key, Arrays.copyOfRange(frame, keyEnd + BEFORE_ENTRY.length, end - 1)));
            from = end + 1;
        }
        return changes;
    }

    /** Where the next line feed is, looked for in eight bytes at once: an entry has some hundred. */
    private static int lineEnd(byte[] lines, int from) {
        int at = from;
        for (; at + Long.BYTES <= lines.length; at += Long.BYTES) {
            long zeroWhereItIs = (long) EIGHT.get(lines, at) ^ LINE_FEEDS;
            long found = (zeroWhereItIs - LOWEST_BITS) & ~zeroWhereItIs & HIGHEST_BITS;
            if (found != 0) {
                return at + Long.numberOfTrailingZeros(found) / Byte.SIZE;
            }
        }
        while (lines[at] != '\n') {
            at++;
        }
        return at;
    }

    /** Behind the closing quote of the string that begins at {@code start}. */
    private static int endOfString(byte[] json, int start) {
        int i = start + 1;
        while (json[i] != '"') {
            i += json[i] == '\\' ? 2 : 1;
        }
        return i + 1;
    }
}
