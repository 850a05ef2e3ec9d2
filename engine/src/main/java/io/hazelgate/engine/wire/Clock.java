package io.hazelgate.engine.wire;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Microseconds since the epoch, and how they are written: {@code 2026-11-23T17:45:00.123456Z}. */
public final class Clock {
    private static final DateTimeFormatter SECOND =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.", Locale.ROOT).withZone(ZoneOffset.UTC);

    private static final int ISO_LENGTH = 27;
    private static final int MICROS_PER_SECOND = 1_000_000;

    /** The second that was written last: every event has several instants, and most are of the same one. */
    private static volatile Second lastWritten = new Second(0, SECOND.format(Instant.EPOCH));

    private record Second(long number, String text) {}

    /** The same as Hazelcast's own clock takes: tests give it, to see that nothing rests on clocks that agree. */
    private static final long OFFSET_MICROS = Long.getLong("hazelcast.clock.offset", 0L) * 1_000;

    private Clock() {}

    public static long micros() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000 + OFFSET_MICROS;
    }

    public static String iso(long micros) {
        long number = Math.floorDiv(micros, (long) MICROS_PER_SECOND);
        Second second = lastWritten;
        if (second.number != number) {
            second = new Second(number, SECOND.format(Instant.ofEpochSecond(number)));
            lastWritten = second;
        }
        StringBuilder iso = new StringBuilder(ISO_LENGTH).append(second.text);
        int fraction = (int) Math.floorMod(micros, (long) MICROS_PER_SECOND);
        for (int digit = MICROS_PER_SECOND / 10; digit > 0; digit /= 10) {
            iso.append((char) ('0' + fraction / digit % 10));
        }
        return iso.append('Z').toString();
    }

    /** The inverse of {@link #iso}, for any ISO 8601 instant; -1 where it is none. */
    public static long parse(String iso) {
        long micros = parseOwn(iso);
        return micros >= 0 ? micros : parseAny(iso);
    }

    /** Instants as {@link #iso} writes them, without the formatter: every event brings one. */
    private static long parseOwn(String iso) {
        if (iso.length() != ISO_LENGTH
                || iso.charAt(4) != '-'
                || iso.charAt(7) != '-'
                || iso.charAt(10) != 'T'
                || iso.charAt(13) != ':'
                || iso.charAt(16) != ':'
                || iso.charAt(19) != '.'
                || iso.charAt(26) != 'Z') {
            return -1;
        }
        int year = digits(iso, 0, 4);
        int month = digits(iso, 5, 7);
        int day = digits(iso, 8, 10);
        int hour = digits(iso, 11, 13);
        int minute = digits(iso, 14, 16);
        int second = digits(iso, 17, 19);
        int micros = digits(iso, 20, 26);
        if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 28 || (hour | minute | second | micros) < 0) {
            // The last days of a month are left to the one who knows how many there are.
            return -1;
        }
        long days = LocalDate.of(year, month, day).toEpochDay();
        return ((days * 24 + hour) * 60 + minute) * 60_000_000L + second * 1_000_000L + micros;
    }

    private static int digits(String text, int from, int to) {
        int value = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return Integer.MIN_VALUE;
            }
            value = value * 10 + digit;
        }
        return value;
    }

    private static long parseAny(String iso) {
        try {
            Instant instant = Instant.parse(iso);
            return instant.getEpochSecond() * 1_000_000 + instant.getNano() / 1_000;
        } catch (java.time.format.DateTimeParseException e) {
            return -1;
        }
    }
}
