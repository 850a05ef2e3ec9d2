package io.hazelgate.engine.index;

import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.impl.record.Record;
import com.hazelcast.map.impl.recordstore.MutationObserver;
import com.hazelcast.map.impl.recordstore.Observers;
import com.hazelcast.map.impl.recordstore.RecordStore;
import io.hazelgate.engine.wire.Bytes;
import io.hazelgate.engine.wire.JsonData;
import io.hazelgate.engine.wire.JsonText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * The sorted indexes of one map in one partition: made at once from what the record store holds, and kept up by observing it.
 *
 * <p>Whatever is not a change of an owner's (a backup that is written, a partition that arrives) makes it {@link #drop} what it has: it is
 * made again when it is needed. All of this happens on the partition's thread. Readers take an index as it is.
 */
@SuppressWarnings("rawtypes") // Hazelcast's records
final class PartitionIndex implements MutationObserver<Record> {
    private final RecordStore<?> store;
    private final Consumer<PartitionIndex> gone;
    private volatile Made made;

    /** The indexes by name, and how an entry's keys are found. */
    private record Made(List<String> names, SortKeys keys, List<SortedEntries<Record>> indexes) {}

    /** An entry that is sorted; what its key has behind the characters that all have in common is compared as two numbers first. */
    private static final class Item implements Comparable<Item> {
        final byte[] key;
        final Record record;
        long telling;
        long more;

        Item(byte[] key, Record record) {
            this.key = key;
            this.record = record;
        }

        void tell(int from) {
            telling = Bytes.inOrder(key, from);
            more = Bytes.inOrder(key, from + Long.BYTES);
        }

        @Override
        public int compareTo(Item other) {
            if (telling != other.telling) {
                return Long.compareUnsigned(telling, other.telling);
            }
            return more == other.more ? Arrays.compareUnsigned(key, other.key) : Long.compareUnsigned(more, other.more);
        }
    }

    /**
     * To be called by the partition's thread.
     *
     * @param gone called when there is no such store any more
     */
    PartitionIndex(RecordStore<?> store, Consumer<PartitionIndex> gone) {
        this.store = store;
        this.gone = gone;
        Observers.add(store, this);
    }

    /** Whether it is about that store, and has all these indexes. */
    boolean has(RecordStore<?> ofStore, List<String> names) {
        Made now = made;
        return store == ofStore && now != null && now.names.containsAll(names);
    }

    boolean isOf(RecordStore<?> other) {
        return store == other;
    }

    /** One of the indexes; null where it has to be made first. */
    SortedEntries<Record> index(String name) {
        Made now = made;
        int at = now == null ? -1 : now.names.indexOf(name);
        return at < 0 ? null : now.indexes.get(at);
    }

    /** Makes these indexes, and those that there are already, of what the store holds. */
    void make(List<String> wanted) {
        List<String> names = new ArrayList<>(made == null ? List.of() : made.names);
        wanted.stream().filter(name -> !names.contains(name)).forEach(names::add);
        SortKeys keys = new SortKeys(names.stream().map(Indexes::pathOf).toList());
        List<List<Item>> items = new ArrayList<>();
        names.forEach(name -> items.add(new ArrayList<>(store.size())));
        store.forEach(
                (key, record) -> {
                    byte[] json = json(record.getValue());
                    int[] found = json == null ? null : keys.in(json, JsonData.TEXT_OFFSET);
                    for (int i = 0; found != null && i < items.size(); i++) {
                        if (found[2 * i + 1] > 0) {
                            items.get(i)
                                    .add(new Item(JsonText.characters(json, found[2 * i], found[2 * i + 1]), record));
                        }
                    }
                },
                false,
                true);
        made = new Made(
                List.copyOf(names),
                keys,
                items.stream().map(PartitionIndex::sorted).toList());
    }

    private static SortedEntries<Record> sorted(List<Item> items) {
        Item[] sorted = new Item[items.size()];
        int common = items.isEmpty() ? 0 : items.get(0).key.length;
        for (Item item : items) {
            int differs = Arrays.mismatch(items.get(0).key, 0, common, item.key, 0, Math.min(common, item.key.length));
            common = differs < 0 ? common : differs;
        }
        for (Item item : items) {
            item.tell(common);
        }
        sort(items, sorted);
        byte[][] keys = new byte[sorted.length][];
        Object[] records = new Object[sorted.length];
        for (int i = 0; i < sorted.length; i++) {
            keys[i] = sorted[i].key;
            records[i] = sorted[i].record;
        }
        return new SortedEntries<>(keys, records);
    }

    /**
     * First by the highest bits of what tells them apart, as numbers that have an item's place in their lowest bits: nothing has to be
     * fetched from anywhere to compare those. Then each run of items that these are the same of.
     */
    private static void sort(List<Item> items, Item[] sorted) {
        int size = items.size();
        int placeBits = Integer.SIZE - Integer.numberOfLeadingZeros(size);
        long[] numbers = new long[size];
        for (int i = 0; i < size; i++) {
            // As a signed number it is in the same order.
            numbers[i] = ((items.get(i).telling ^ Long.MIN_VALUE) >> placeBits) << placeBits | i;
        }
        Arrays.sort(numbers);
        long places = (1L << placeBits) - 1;
        int run = 0;
        for (int i = 0; i < size; i++) {
            sorted[i] = items.get((int) (numbers[i] & places));
            if (i + 1 == size || numbers[i] >> placeBits != numbers[i + 1] >> placeBits) {
                if (i > run) {
                    Arrays.sort(sorted, run, i + 1);
                }
                run = i + 1;
            }
        }
    }

    /** Forgets everything, and follows nothing until it is made again. */
    void drop() {
        made = null;
    }

    /** The bytes of a value, with the text from {@link JsonData#TEXT_OFFSET} on; null where it is no JSON. */
    private static byte[] json(Object value) {
        return value instanceof Data data && JsonData.isJson(data) ? data.toByteArray() : null;
    }

    // ------------------------------------------------------------ what happens in the store

    @Override
    public void onPutRecord(Data key, Record record, Object oldValue, boolean backup) {
        changed(record, null, record.getValue(), backup);
    }

    @Override
    public void onLoadRecord(Data key, Record record, boolean backup) {
        changed(record, null, record.getValue(), backup);
    }

    @Override
    public void onUpdateRecord(Data key, Record record, Object oldValue, Object newValue, boolean backup) {
        if (oldValue == null) {
            drop();
        } else {
            changed(record, oldValue, record.getValue(), backup);
        }
    }

    @Override
    public void onRemoveRecord(Data key, Record record, boolean backup) {
        changed(record, record.getValue(), null, backup);
    }

    @Override
    public void onEvictRecord(Data key, Record record, boolean backup) {
        changed(record, record.getValue(), null, backup);
    }

    @Override
    public void onReplicationPutRecord(Data key, Record record, boolean populateIndex) {
        drop();
    }

    @Override
    public void onReset() {
        drop();
    }

    @Override
    public void onClear() {
        drop();
    }

    @Override
    public void onDestroy(boolean isDuringShutdown, boolean internal) {
        drop();
        gone.accept(this);
    }

    /** An entry whose key stays as it is keeps its place: that costs a look at both texts, and no reader sees anything of it. */
    private void changed(Record record, Object before, Object after, boolean backup) {
        Made now = made;
        if (now == null) {
            return;
        }
        if (backup) {
            drop();
            return;
        }
        byte[] old = json(before);
        byte[] fresh = json(after);
        int[] oldKeys = old == null ? null : now.keys.in(old, JsonData.TEXT_OFFSET);
        int[] freshKeys = fresh == null ? null : now.keys.in(fresh, JsonData.TEXT_OFFSET);
        for (int i = 0; i < now.indexes.size(); i++) {
            boolean had = oldKeys != null && oldKeys[2 * i + 1] > 0;
            boolean has = freshKeys != null && freshKeys[2 * i + 1] > 0;
            if (had
                    && has
                    && Arrays.equals(
                            old, oldKeys[2 * i], oldKeys[2 * i + 1], fresh, freshKeys[2 * i], freshKeys[2 * i + 1])) {
                continue;
            }
            if (had
                    && !now.indexes
                            .get(i)
                            .remove(JsonText.characters(old, oldKeys[2 * i], oldKeys[2 * i + 1]), record)) {
                // What it has is not what the store had.
                drop();
                return;
            }
            if (has) {
                now.indexes.get(i).add(JsonText.characters(fresh, freshKeys[2 * i], freshKeys[2 * i + 1]), record);
            }
        }
    }
}
