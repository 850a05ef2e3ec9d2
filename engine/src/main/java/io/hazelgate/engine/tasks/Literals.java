package io.hazelgate.engine.tasks;

import io.hazelgate.engine.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Which scalar of the API a value's bytes are, as they stand in an entry. */
final class Literals {
    static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);

    private static final int INT_DIGITS = 10;
    /** A whole number of so many digits fits into 64 bits. */
    private static final int LONG_DIGITS = 18;
    /** Below it a float is exact where it is whole. */
    private static final double EXACT = 1L << 53;

    private static final int EXACT_DIGITS = 15;
    private static final String SIMPLE_ESCAPES = "\"\\/bfnrtu";

    private Literals() {}

    static boolean isNull(byte[] json, int from, int to) {
        return Arrays.equals(json, from, to, NULL, 0, NULL.length);
    }

    static boolean isBoolean(byte[] json, int from, int to) {
        return Arrays.equals(json, from, to, TRUE, 0, TRUE.length)
                || Arrays.equals(json, from, to, FALSE, 0, FALSE.length);
    }

    /** A string. One with half a character in it is none: the projector writes no such escapes. */
    static boolean isText(byte[] json, int from, int to) {
        if (json[from] != '"' || json[to - 1] != '"') {
            return false;
        }
        int at = Bytes.find(json, from, to, '\\');
        while (at < to) {
            byte escaped = json[at + 1];
            if (SIMPLE_ESCAPES.indexOf(escaped) < 0 || escaped == 'u' && (json[at + 2] | ' ') == 'd') {
                return false;
            }
            at = Bytes.find(json, at + 2, to, '\\');
        }
        return true;
    }

    static boolean isInt(byte[] json, int from, int to) {
        return isWhole(json, from, to, INT_DIGITS) && fitsInt(json, from, to);
    }

    static boolean isLong(byte[] json, int from, int to) {
        return isWhole(json, from, to, LONG_DIGITS) || isFloat(json, from, to);
    }

    /** A number with a fraction or an exponent: of a whole one, the API makes a float first. */
    static boolean isFloat(byte[] json, int from, int to) {
        int point = Bytes.find(json, from, to, '.');
        boolean hasExponent = Bytes.findEither(json, from, to, 'e', 'E') < to;
        byte first = json[from];
        if (first != '-' && (first < '0' || first > '9') || point == to && !hasExponent) {
            return false;
        }
        if (!hasExponent && point - from <= EXACT_DIGITS) {
            return true;
        }
        return Math.abs(Double.parseDouble(new String(json, from, to - from, StandardCharsets.US_ASCII))) < EXACT;
    }

    private static boolean isWhole(byte[] json, int from, int to, int mostDigits) {
        int start = json[from] == '-' ? from + 1 : from;
        if (start == to || to - start > mostDigits) {
            return false;
        }
        for (int at = start; at < to; at++) {
            if (json[at] < '0' || json[at] > '9') {
                return false;
            }
        }
        return true;
    }

    private static boolean fitsInt(byte[] json, int from, int to) {
        boolean negative = json[from] == '-';
        long number = 0;
        for (int at = negative ? from + 1 : from; at < to; at++) {
            number = number * 10 + json[at] - '0';
        }
        return number <= Integer.MAX_VALUE || negative && number == -(long) Integer.MIN_VALUE;
    }
}
