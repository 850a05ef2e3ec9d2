package io.hazelgate.engine.tasks;

import io.hazelgate.engine.wire.Json;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Instants in JSON: as texts in UTC with microseconds, which sort. */
final class Moments {
    private static final DateTimeFormatter IN_UTC =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT);
    private static final int POINT = "2026-01-02T03:04:05".length();
    private static final int LENGTH = POINT + ".000000Z".length();

    private Moments() {}

    /** The instant that these characters say, whatever offset it is written with; null where they say none. */
    static byte[] parse(byte[] text) {
        if (text.length == LENGTH && text[POINT] == '.' && text[LENGTH - 1] == 'Z') {
            return text;
        }
        try {
            return Json.bytes(OffsetDateTime.parse(Json.text(text))
                    .withOffsetSameInstant(ZoneOffset.UTC)
                    .format(IN_UTC));
        } catch (DateTimeException e) {
            return null;
        }
    }
}
