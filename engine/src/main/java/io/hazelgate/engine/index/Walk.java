package io.hazelgate.engine.index;

import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.impl.record.Record;
import io.hazelgate.engine.wire.JsonData;
import io.hazelgate.engine.wire.JsonText;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * A walk over a range of an index, in the order of its keys, through all partitions at once.
 *
 * <p>An entry that has another place by now, or none, is left out where it was: whoever asked for a range gets no entry that is not in it.
 */
@SuppressWarnings("rawtypes") // Hazelcast's records
public final class Walk {
    private final PriorityQueue<SortedEntries.Cursor<Record>> ahead;
    private final SortKeys keys;
    private SortedEntries.Cursor<Record> current;
    private Data value;

    Walk(List<SortedEntries<Record>> partitions, List<String> path, Range range) {
        keys = new SortKeys(List.of(path));
        Comparator<SortedEntries.Cursor<Record>> order = (one, other) -> Arrays.compareUnsigned(one.key(), other.key());
        ahead = new PriorityQueue<>(partitions.size() + 1, range.descending() ? order.reversed() : order);
        for (SortedEntries<Record> partition : partitions) {
            SortedEntries.Cursor<Record> cursor = partition.cursor(range);
            if (cursor.next()) {
                ahead.add(cursor);
            }
        }
    }

    /** Goes to the next entry; false at the end. */
    public boolean next() {
        do {
            if (current != null && current.next()) {
                ahead.add(current);
            }
            current = ahead.poll();
            value = current != null && current.entry().getValue() instanceof Data data ? data : null;
        } while (current != null && !isInPlace());
        return current != null;
    }

    private boolean isInPlace() {
        if (!JsonData.isJson(value)) {
            return false;
        }
        byte[] json = value.toByteArray();
        int[] now = keys.in(json, JsonData.TEXT_OFFSET);
        byte[] key = current.key();
        return now[1] > 0
                && (Arrays.equals(json, now[0], now[1], key, 0, key.length)
                        || JsonText.hasEscape(json, now[0], now[1])
                                && Arrays.equals(JsonText.characters(json, now[0], now[1]), key));
    }

    /** The entry's key in the index, UTF-8. */
    public byte[] key() {
        return current.key();
    }

    public Data value() {
        return value;
    }
}
