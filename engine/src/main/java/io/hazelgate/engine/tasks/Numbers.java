package io.hazelgate.engine.tasks;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;

/** Exact numbers in JSON: a number, or a string that says one, as money is written. */
final class Numbers {
    private static final int MOST_CHARACTERS = 1_000;
    private static final int HIGHEST_EXPONENT = 10_000;

    private Numbers() {}

    /** The number that these characters say; null where they say none, or one too long to reckon with. */
    static BigDecimal parse(byte[] text, int from, int to) {
        if (to - from > MOST_CHARACTERS) {
            return null;
        }
        for (int i = from; i < to; i++) {
            boolean usual = text[i] >= '0' && text[i] <= '9' || "+-.eE".indexOf(text[i]) >= 0;
            if (!usual) {
                return null;
            }
        }
        try {
            BigDecimal number = new BigDecimal(new String(text, from, to - from, StandardCharsets.US_ASCII));
            return Math.abs((long) number.scale()) > HIGHEST_EXPONENT ? null : number;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** The number that a value of an entry is, from where it begins and ends. */
    static BigDecimal of(byte[] json, int from, int to) {
        return json[from] == '"' ? parse(json, from + 1, to - 1) : parse(json, from, to);
    }
}
