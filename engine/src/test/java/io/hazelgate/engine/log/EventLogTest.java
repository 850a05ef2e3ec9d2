package io.hazelgate.engine.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventLogTest {
    @ParameterizedTest
    @ValueSource(strings = {"fa-IR", "tr-TR", "ar-EG-u-nu-arab"})
    void aCursorHasTheSameDigitsInEveryCountry(String country) {
        Locale here = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag(country));
        try {
            assertEquals("0000000000001234-~", EventLog.cursorAfter(1_234));
        } finally {
            Locale.setDefault(here);
        }
    }
}
