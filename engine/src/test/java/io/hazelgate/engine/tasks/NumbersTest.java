package io.hazelgate.engine.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NumbersTest {
    private static BigDecimal of(String json) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        return Numbers.of(bytes, 0, bytes.length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "12.50", "1e3", "-1.5E-7", "+2", ".5", "5.", "1E+10000", "1e-10000"})
    void aNumberIsExactAsItIsAndAsAString(String number) {
        assertEquals(new BigDecimal(number), of(number));
        assertEquals(new BigDecimal(number), of('"' + number + '"'));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"\"",
                "\" 1\"",
                "\"1_000\"",
                "\"1,5\"",
                "\"NaN\"",
                "\"Infinity\"",
                "\"\u0663\"",
                "\"--1\"",
                "\"1e\"",
                "\".\"",
                "\"e5\"",
                "null",
                "true",
                "false",
                "[1]",
                "{}",
                "1e10001",
                "1e-10001",
                "\"1e99999999999\""
            })
    void otherwiseItIsNone(String json) {
        assertNull(of(json));
    }

    @Test
    void oneThatIsTooLongToReckonWithIsNone() {
        assertEquals(1_000, of("9".repeat(1_000)).precision());
        assertNull(of("9".repeat(1_001)));
    }
}
