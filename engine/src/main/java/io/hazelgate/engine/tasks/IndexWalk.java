package io.hazelgate.engine.tasks;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.query.impl.Comparison;
import com.hazelcast.query.impl.IndexKeyEntries;
import com.hazelcast.query.impl.InternalIndex;
import com.hazelcast.query.impl.QueryableEntry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * A walk over a range of a sorted index, in which every entry that keeps its place comes, whatever is written meanwhile.
 *
 * <p>To update an entry Hazelcast takes it out of the index and puts it in again, under a lock that the index's iterators don't ask for: one that
 * passes in between misses the entry. Its gathering calls do ask, and so a stretch is walked first, to know where it ends, and then gathered; what
 * was missed is put in. A stretch is short, so that nobody who writes waits long.
 */
final class IndexWalk {
    private static final int STRETCH = 512;
    /** Below every string: what has no key of its own (null) is not in the order. */
    private static final String LOWEST = "";

    private final InternalIndex index;
    private final EntryQuery query;

    private record Found(String indexKey, QueryableEntry<?, ?> entry) {}

    IndexWalk(InternalIndex index, EntryQuery query) {
        this.index = index;
        this.query = query;
    }

    /**
     * @param first how many entries are likely to do
     * @param take gets the index's key and the entry; false when the walk may end
     */
    void walk(int first, BiPredicate<String, String> take) {
        Range range = new Range(query.from(), query.fromInclusive(), query.to(), query.toInclusive());
        int size = Math.max(1, Math.min(STRETCH, first));
        while (true) {
            List<Found> stretch = walked(range, size);
            String end = stretch.size() < size ? null : stretch.get(stretch.size() - 1).indexKey;
            addMissed(stretch, end == null ? range : range.upTo(end, query.descending()));
            for (Found found : stretch) {
                if (found.entry.getValue() instanceof HazelcastJsonValue json
                        && !take.test(found.indexKey, json.getValue())) {
                    return;
                }
            }
            if (end == null) {
                return;
            }
            range = range.beyond(end, query.descending());
            size = STRETCH;
        }
    }

    /** At least that many entries from the beginning of a range, where there are so many; all of the last one's key. */
    @SuppressWarnings({"rawtypes", "unchecked"}) // IndexKeyEntries gives them so
    private List<Found> walked(Range range, int size) {
        List<Found> found = new ArrayList<>();
        Iterator<IndexKeyEntries> groups = range.iterator(index, query.descending());
        while (found.size() < size && groups.hasNext()) {
            IndexKeyEntries group = groups.next();
            if (group.getIndexKey() instanceof String indexKey) {
                Iterator<QueryableEntry> entries = group.getEntries();
                while (entries.hasNext()) {
                    found.add(new Found(indexKey, entries.next()));
                }
            }
        }
        return found;
    }

    @SuppressWarnings("rawtypes") // as above
    private void addMissed(List<Found> stretch, Range range) {
        Set<QueryableEntry> all = range.gathered(index);
        Set<Data> seen = new HashSet<>(2 * stretch.size());
        stretch.forEach(found -> seen.add(found.entry.getKeyData()));
        boolean missed = false;
        for (QueryableEntry<?, ?> entry : all) {
            if (!seen.contains(entry.getKeyData())
                    && entry.getAttributeValue(index.getComponents()[0]) instanceof String indexKey) {
                stretch.add(new Found(indexKey, entry));
                missed = true;
            }
        }
        if (missed) {
            Comparator<Found> order = Comparator.comparing(Found::indexKey);
            stretch.sort(query.descending() ? order.reversed() : order);
        }
    }

    /** Bounds in the ascending sense; null: none. */
    private record Range(String from, boolean fromInclusive, String to, boolean toInclusive) {
        Range upTo(String key, boolean descending) {
            return descending ? new Range(key, true, to, toInclusive) : new Range(from, fromInclusive, key, true);
        }

        Range beyond(String key, boolean descending) {
            return descending ? new Range(from, fromInclusive, key, false) : new Range(key, false, to, toInclusive);
        }

        Iterator<IndexKeyEntries> iterator(InternalIndex index, boolean descending) {
            if (isEmpty()) {
                return Collections.emptyIterator();
            }
            if (to == null) {
                return index.getSqlRecordIteratorBatch(above(), lowest(), descending);
            }
            return index.getSqlRecordIteratorBatch(lowest(), fromInclusive(), to, toInclusive, descending);
        }

        @SuppressWarnings("rawtypes") // as Hazelcast gives them
        Set<QueryableEntry> gathered(InternalIndex index) {
            if (isEmpty()) {
                return Set.of();
            }
            return to == null
                    ? index.getRecords(above(), lowest())
                    : index.getRecords(lowest(), fromInclusive(), to, toInclusive);
        }

        private boolean isEmpty() {
            return to != null && lowest().compareTo(to) > 0;
        }

        private String lowest() {
            return from == null ? LOWEST : from;
        }

        private Comparison above() {
            return from == null || fromInclusive ? Comparison.GREATER_OR_EQUAL : Comparison.GREATER;
        }
    }
}
