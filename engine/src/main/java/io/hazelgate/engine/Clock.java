package io.hazelgate.engine;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Microseconds since the epoch, and how they are written: {@code 2026-11-23T17:45:00.123456Z}. */
public final class Clock {
    private static final DateTimeFormatter FORMAT =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    private Clock() {}

    public static long micros() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    }

    public static String iso(long micros) {
        return FORMAT.format(
                Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000L));
    }

    /** The inverse of {@link #iso}, for any ISO 8601 instant; -1 where it is none. */
    public static long parse(String iso) {
        try {
            Instant instant = Instant.parse(iso);
            return instant.getEpochSecond() * 1_000_000 + instant.getNano() / 1_000;
        } catch (java.time.format.DateTimeParseException e) {
            return -1;
        }
    }
}
