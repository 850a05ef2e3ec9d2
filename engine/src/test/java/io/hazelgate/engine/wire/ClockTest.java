package io.hazelgate.engine.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClockTest {
    @ParameterizedTest
    @CsvSource({
        "0, 1970-01-01T00:00:00.000000Z",
        "1, 1970-01-01T00:00:00.000001Z",
        "-1, 1969-12-31T23:59:59.999999Z",
        "999999, 1970-01-01T00:00:00.999999Z",
        "1000000, 1970-01-01T00:00:01.000000Z",
        "1709251199120340, 2024-02-29T23:59:59.120340Z",
        "1795651200000000, 2026-11-26T00:00:00.000000Z"
    })
    void instantsAreWrittenToTheMicrosecond(long micros, String iso) {
        assertEquals(iso, Clock.iso(micros));
        assertEquals(micros, Clock.parse(iso));
    }

    @ParameterizedTest
    @ValueSource(longs = {1795651200123456L, 1795651201000001L, 1795651200999999L})
    void theSecondWrittenLastIsNotTakenForAnother(long micros) {
        assertEquals(micros, Clock.parse(Clock.iso(micros)));
        assertEquals(micros - 86_400_000_000L, Clock.parse(Clock.iso(micros - 86_400_000_000L)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "yesterday", "2026-02-30T00:00:00.000000Z", "2026-11-26"})
    void whatIsNoInstantIsNotTakenForOne(String text) {
        assertTrue(Clock.parse(text) < 0);
    }
}
