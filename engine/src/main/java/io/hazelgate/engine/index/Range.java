package io.hazelgate.engine.index;

import java.nio.charset.StandardCharsets;

/**
 * A stretch of an index, and the direction in which it is read. The bounds are meant in the ascending sense; null: none.
 *
 * <p>Keys are in the order of their characters' code points, which is that of their bytes in UTF-8: as Python has it, and PostgreSQL's
 * collation "C".
 */
public record Range(byte[] from, boolean fromInclusive, byte[] to, boolean toInclusive, boolean descending) {
    public static final Range ALL = new Range(null, true, null, true, false);

    public static Range of(String from, boolean fromInclusive, String to, boolean toInclusive, boolean descending) {
        return new Range(utf8(from), fromInclusive, utf8(to), toInclusive, descending);
    }

    public static Range above(String key) {
        return new Range(utf8(key), false, null, true, false);
    }

    public static Range upTo(String key) {
        return new Range(null, true, utf8(key), true, false);
    }

    private static byte[] utf8(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }
}
