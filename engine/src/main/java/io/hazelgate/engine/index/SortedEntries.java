package io.hazelgate.engine.index;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Entries in the order of a key of theirs. One thread changes it; any may read, and nobody waits for anybody.
 *
 * <p>The entries are in blocks, and what a block holds never changes: an entry comes or goes by a block taking another's place. A reader
 * therefore sees each block as it was at one moment; and blocks are divided and joined in a new list of them, while the one that a reader
 * has stays whole. So whoever walks along sees every entry that keeps its place, once.
 */
final class SortedEntries<E> {
    private static final int MOST = 64;
    /** How full blocks are that are made at once: there is room for what comes in between. */
    private static final int FILLED = 48;

    private static final int FEWEST = MOST / 4;
    private static final int FIRST_CAPACITY = 8;

    private volatile AtomicReferenceArray<Block> blocks = new AtomicReferenceArray<>(0);

    /** Entries from 0 to size. What lies behind is free, for the one block that takes this one's place with an entry more at its end. */
    private record Block(byte[][] keys, Object[] entries, int size) {

        byte[] last() {
            return keys[size - 1];
        }

        /** The first place whose key is at or behind that key; or behind it alone. */
        int place(byte[] key, boolean inclusive) {
            int low = 0;
            int high = size;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (isBefore(keys[middle], key, inclusive)) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low;
        }

        Block with(int place, byte[] key, Object entry) {
            byte[][] moreKeys = new byte[size + 1][];
            Object[] moreEntries = new Object[size + 1];
            System.arraycopy(keys, 0, moreKeys, 0, place);
            System.arraycopy(entries, 0, moreEntries, 0, place);
            moreKeys[place] = key;
            moreEntries[place] = entry;
            System.arraycopy(keys, place, moreKeys, place + 1, size - place);
            System.arraycopy(entries, place, moreEntries, place + 1, size - place);
            return new Block(moreKeys, moreEntries, size + 1);
        }

        Block withLast(byte[] key, Object entry) {
            byte[][] moreKeys = keys;
            Object[] moreEntries = entries;
            if (size == keys.length) {
                int capacity = Math.min(MOST, Math.max(FIRST_CAPACITY, 2 * size));
                moreKeys = Arrays.copyOf(keys, capacity);
                moreEntries = Arrays.copyOf(entries, capacity);
            }
            moreKeys[size] = key;
            moreEntries[size] = entry;
            return new Block(moreKeys, moreEntries, size + 1);
        }

        Block without(int place) {
            byte[][] fewerKeys = new byte[size - 1][];
            Object[] fewerEntries = new Object[size - 1];
            System.arraycopy(keys, 0, fewerKeys, 0, place);
            System.arraycopy(entries, 0, fewerEntries, 0, place);
            System.arraycopy(keys, place + 1, fewerKeys, place, size - place - 1);
            System.arraycopy(entries, place + 1, fewerEntries, place, size - place - 1);
            return new Block(fewerKeys, fewerEntries, size - 1);
        }

        Block part(int from, int to) {
            return new Block(Arrays.copyOfRange(keys, from, to), Arrays.copyOfRange(entries, from, to), to - from);
        }

        Block joinedWith(Block next) {
            byte[][] allKeys = Arrays.copyOf(keys, size + next.size);
            Object[] allEntries = Arrays.copyOf(entries, size + next.size);
            System.arraycopy(next.keys, 0, allKeys, size, next.size);
            System.arraycopy(next.entries, 0, allEntries, size, next.size);
            return new Block(allKeys, allEntries, size + next.size);
        }
    }

    private static boolean isBefore(byte[] one, byte[] key, boolean strictly) {
        int compared = Arrays.compareUnsigned(one, key);
        return strictly ? compared < 0 : compared <= 0;
    }

    SortedEntries() {}

    /** @param keys in order, each with the entry in the same place */
    SortedEntries(byte[][] keys, Object[] entries) {
        Block[] made = new Block[(keys.length + FILLED - 1) / FILLED];
        Block whole = new Block(keys, entries, keys.length);
        for (int i = 0; i < made.length; i++) {
            made[i] = whole.part(i * FILLED, Math.min(keys.length, (i + 1) * FILLED));
        }
        blocks = new AtomicReferenceArray<>(made);
    }

    // ------------------------------------------------------------ for the one that writes

    void add(byte[] key, E entry) {
        AtomicReferenceArray<Block> all = blocks;
        int last = all.length() - 1;
        if (last < 0 || isBefore(all.get(last).last(), key, false)) {
            addLast(all, last, key, entry);
            return;
        }
        int at = block(all, key, true);
        Block block = all.get(at);
        int place = block.place(key, true);
        if (block.size < MOST) {
            all.setRelease(at, block.with(place, key, entry));
            return;
        }
        int half = block.size / 2;
        Block left = block.part(0, half);
        Block right = block.part(half, block.size);
        if (place <= half) {
            left = left.with(place, key, entry);
        } else {
            right = right.with(place - half, key, entry);
        }
        replace(all, at, 1, left, right);
    }

    private void addLast(AtomicReferenceArray<Block> all, int last, byte[] key, E entry) {
        Block block = last < 0 ? null : all.get(last);
        if (block != null && block.size < MOST) {
            all.setRelease(last, block.withLast(key, entry));
        } else {
            replace(all, last + 1, 0, new Block(new byte[][] {key}, new Object[] {entry}, 1));
        }
    }

    boolean remove(byte[] key, E entry) {
        AtomicReferenceArray<Block> all = blocks;
        for (int at = block(all, key, true); at < all.length(); at++) {
            Block block = all.get(at);
            for (int place = block.place(key, true); place < block.size; place++) {
                if (!Arrays.equals(block.keys[place], key)) {
                    return false;
                }
                if (block.entries[place] == entry) {
                    remove(all, at, block, place);
                    return true;
                }
            }
        }
        return false;
    }

    private void remove(AtomicReferenceArray<Block> all, int at, Block block, int place) {
        if (block.size == 1) {
            replace(all, at, 1);
            return;
        }
        Block rest = block.without(place);
        if (rest.size <= FEWEST && at + 1 < all.length() && all.get(at + 1).size <= MOST / 2) {
            replace(all, at, 2, rest.joinedWith(all.get(at + 1)));
        } else if (rest.size <= FEWEST && at > 0 && all.get(at - 1).size <= MOST / 2) {
            replace(all, at - 1, 2, all.get(at - 1).joinedWith(rest));
        } else {
            all.setRelease(at, rest);
        }
    }

    private void replace(AtomicReferenceArray<Block> all, int at, int count, Block... by) {
        AtomicReferenceArray<Block> changed = new AtomicReferenceArray<>(all.length() - count + by.length);
        for (int i = 0; i < at; i++) {
            changed.setPlain(i, all.getPlain(i));
        }
        for (int i = 0; i < by.length; i++) {
            changed.setPlain(at + i, by[i]);
        }
        for (int i = at + count; i < all.length(); i++) {
            changed.setPlain(i - count + by.length, all.getPlain(i));
        }
        blocks = changed;
    }

    // ------------------------------------------------------------ for those who read

    /** The first block that has a place for {@link Block#place}. */
    private static int block(AtomicReferenceArray<Block> all, byte[] key, boolean inclusive) {
        int low = 0;
        int high = all.length();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (isBefore(all.getAcquire(middle).last(), key, inclusive)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    long count(Range range) {
        AtomicReferenceArray<Block> all = blocks;
        int first = range.from() == null ? 0 : block(all, range.from(), range.fromInclusive());
        int last = range.to() == null ? all.length() : block(all, range.to(), !range.toInclusive());
        long count = 0;
        for (int at = first; at <= last && at < all.length(); at++) {
            Block block = all.getAcquire(at);
            int begin = at > first || range.from() == null ? 0 : block.place(range.from(), range.fromInclusive());
            int end = at < last || range.to() == null ? block.size : block.place(range.to(), !range.toInclusive());
            count += Math.max(0, end - begin);
        }
        return count;
    }

    /** A walk over a range, which begins before its first entry. */
    Cursor<E> cursor(Range range) {
        return new Cursor<>(blocks, range);
    }

    static final class Cursor<E> {
        private final AtomicReferenceArray<Block> all;
        private final boolean descending;
        /** The bound that ends it; null: none. */
        private final byte[] end;

        private final boolean endInclusive;
        private int at;
        private Block block;
        private int place;

        private Cursor(AtomicReferenceArray<Block> all, Range range) {
            this.all = all;
            descending = range.descending();
            end = descending ? range.from() : range.to();
            endInclusive = descending ? range.fromInclusive() : range.toInclusive();
            byte[] begin = descending ? range.to() : range.from();
            boolean inclusive = descending ? !range.toInclusive() : range.fromInclusive();
            at = begin == null ? (descending ? all.length() : 0) : block(all, begin, inclusive);
            block = at < all.length() ? all.getAcquire(at) : null;
            place = block == null || begin == null ? 0 : block.place(begin, inclusive);
            if (!descending) {
                place--;
            }
        }

        /** Goes to the next entry; false where there is none. */
        boolean next() {
            place += descending ? -1 : 1;
            while (block == null || place < 0 || place >= block.size) {
                at += descending ? -1 : 1;
                if (at < 0 || at >= all.length()) {
                    // Stays at the end.
                    at = descending ? -1 : all.length();
                    block = null;
                    return false;
                }
                block = all.getAcquire(at);
                place = descending ? block.size - 1 : 0;
            }
            if (end == null) {
                return true;
            }
            int compared = Arrays.compareUnsigned(key(), end);
            return compared == 0 ? endInclusive : descending ? compared > 0 : compared < 0;
        }

        byte[] key() {
            return block.keys[place];
        }

        @SuppressWarnings("unchecked") // what was put in
        E entry() {
            return (E) block.entries[place];
        }
    }
}
