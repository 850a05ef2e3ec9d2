package io.hazelgate.engine.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Looks for characters in UTF-8, in eight bytes at once: an entry has some hundred, and is looked through more than once. */
public final class Bytes {
    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle IN_ORDER = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final long LOWEST_BITS = 0x0101_0101_0101_0101L;
    private static final long HIGHEST_BITS = LOWEST_BITS << 7;

    private Bytes() {}

    /**
     * Where an ASCII character is for the first time.
     *
     * @return {@code to} where it is not
     */
    public static int find(byte[] in, int from, int to, char wanted) {
        return findEither(in, from, to, wanted, wanted);
    }

    /** Where one of two is for the first time. */
    public static int findEither(byte[] in, int from, int to, char one, char other) {
        long ones = LOWEST_BITS * one;
        long others = LOWEST_BITS * other;
        int at = from;
        for (; at + Long.BYTES <= to; at += Long.BYTES) {
            long eight = (long) EIGHT.get(in, at);
            long found = zeros(eight ^ ones) | zeros(eight ^ others);
            if (found != 0) {
                return at + Long.numberOfTrailingZeros(found) / Byte.SIZE;
            }
        }
        while (at < to && in[at] != one && in[at] != other) {
            at++;
        }
        return at;
    }

    public static boolean startsWith(byte[] text, byte[] start) {
        return startsWith(text, 0, start);
    }

    /** @param from where the text begins */
    public static boolean startsWith(byte[] text, int from, byte[] start) {
        int end = from + start.length;
        return text.length >= end && Arrays.equals(text, from, end, start, 0, start.length);
    }

    public static boolean contains(byte[] text, byte[] part) {
        if (part.length == 0) {
            return true;
        }
        int last = text.length - part.length;
        for (int at = 0; at <= last; at++) {
            if (text[at] == part[0] && Arrays.equals(text, at, at + part.length, part, 0, part.length)) {
                return true;
            }
        }
        return false;
    }

    /** Eight bytes as a number that is in the order of what they say; behind the end there are zeros. */
    public static long inOrder(byte[] in, int from) {
        if (from + Long.BYTES <= in.length) {
            return (long) IN_ORDER.get(in, from);
        }
        long number = 0;
        for (int i = from; i < from + Long.BYTES; i++) {
            number = number << Byte.SIZE | (i < in.length ? in[i] & 0xFF : 0);
        }
        return number;
    }

    /** The lowest bit that is set tells the first byte that is zero; those above it may be wrong. */
    private static long zeros(long eight) {
        return (eight - LOWEST_BITS) & ~eight & HIGHEST_BITS;
    }
}
