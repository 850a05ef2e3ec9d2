package io.hazelgate.engine.wire;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Unicode case folding: two texts are the same without regard to case where what they fold to is the same.
 *
 * <p>Java has no folding of its own. Each character is taken to lower, upper and lower case: so ß is ss, and the three sigmas are one. That
 * goes wrong for the dotless i alone, which has the capital letter of another one.
 */
public final class CaseFolding {
    private static final int DOTLESS_I = 0x131;

    private CaseFolding() {}

    /** Folds a text in UTF-8. */
    public static byte[] fold(byte[] utf8) {
        byte[] folded = utf8.clone();
        for (int i = 0; i < folded.length; i++) {
            if (folded[i] < 0) {
                return fold(new String(utf8, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
            }
            if (folded[i] >= 'A' && folded[i] <= 'Z') {
                folded[i] += 'a' - 'A';
            }
        }
        return folded;
    }

    private static String fold(String text) {
        StringBuilder folded = new StringBuilder(text.length() + 8);
        text.codePoints().forEach(character -> fold(character, folded));
        return folded.toString();
    }

    private static void fold(int character, StringBuilder folded) {
        if (character == DOTLESS_I) {
            folded.appendCodePoint(character);
            return;
        }
        // One character at a time: within a word the small sigma depends on where it stands.
        String upper = Character.toString(character).toLowerCase(Locale.ROOT).toUpperCase(Locale.ROOT);
        upper.codePoints()
                .forEach(each -> folded.append(Character.toString(each).toLowerCase(Locale.ROOT)));
    }
}
