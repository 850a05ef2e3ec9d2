package io.hazelgate.engine.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BytesTest {
    private final Random chance = new Random(11);

    /** Of few different ones, and their neighbours, so that each is found often. */
    private byte[] some(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ("\"\\!#[]a".charAt(chance.nextInt(7)) ^ (chance.nextInt(9) == 0 ? 0x80 : 0));
        }
        return bytes;
    }

    private static int plainly(byte[] in, int from, int to, char one, char other) {
        int at = from;
        while (at < to && in[at] != one && in[at] != other) {
            at++;
        }
        return at;
    }

    @Test
    void theFirstOneIsFoundWhereverItIs() {
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = some(chance.nextInt(40));
            int from = chance.nextInt(bytes.length + 1);
            int to = from + chance.nextInt(bytes.length - from + 1);
            assertEquals(plainly(bytes, from, to, '"', '"'), Bytes.find(bytes, from, to, '"'));
            assertEquals(plainly(bytes, from, to, '"', '\\'), Bytes.findEither(bytes, from, to, '"', '\\'));
        }
    }

    @Test
    void aSearchThatBeginsBehindTheEndFindsNothing() {
        assertEquals(5, Bytes.find(new byte[4], 5, 4, 'a'));
    }

    @Test
    void numbersAreInTheOrderOfTheirBytes() {
        for (int i = 0; i < 20_000; i++) {
            byte[] one = some(chance.nextInt(12));
            byte[] other = some(chance.nextInt(12));
            int compared = Long.compareUnsigned(Bytes.inOrder(one, 0), Bytes.inOrder(other, 0));
            int expected = Arrays.compareUnsigned(Arrays.copyOf(one, Long.BYTES), Arrays.copyOf(other, Long.BYTES));
            assertEquals(Integer.signum(expected), Integer.signum(compared));
        }
    }
}
