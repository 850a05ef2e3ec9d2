package io.hazelgate.engine.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Hard cases. tests/contract compares all characters with Python's str.casefold. */
class CaseFoldingTest {
    private static byte[] fold(String text) {
        return CaseFolding.fold(text.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource({
        "Hello, hELLO",
        "straße, STRASSE",
        "ẞ, ss",
        "ΣΑΣ, σας",
        "ς, σ",
        "İ, i\u0307",
        "ﬃ, FFI",
        "K, k",
        "Å, å",
        "ſ, S",
        "ẛ, ṡ",
        "µ, Μ",
        "ŉ, ʼN",
        "ǰ, ǰ",
        "ᾳ, ΑΙ",
        "ΐ, ΐ",
        "ǅ, ǆ",
        "Ꭰ, ꭰ",
        "ᏸ, Ᏸ",
        "𐐀, 𐐨",
        "և, ԵՒ",
    })
    void theseAreTheSame(String one, String other) {
        assertArrayEquals(fold(one), fold(other));
        assertArrayEquals(fold(one + other), fold(other + one));
    }

    @ParameterizedTest
    @CsvSource({"ı, i", "ı, I", "İ, i", "ä, a", "ß, s", "é, e\u0301", "о, o"})
    void theseAreNot(String one, String other) {
        assertNotEquals(Arrays.toString(fold(one)), Arrays.toString(fold(other)));
    }

    @ParameterizedTest
    @CsvSource({"plain [@`{ text, plain [@`{ text", "Az, az", "ÄÖ, äö"})
    void mostCharactersFoldToTheSmallOnes(String text, String folded) {
        assertEquals(folded, new String(fold(text), StandardCharsets.UTF_8));
    }
}
