package io.hazelgate.engine.store;

import com.hazelcast.aggregation.Aggregators;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.map.impl.proxy.MapProxyImpl;
import com.hazelcast.query.Predicates;
import com.hazelcast.query.impl.Comparison;
import com.hazelcast.query.impl.IndexKeyEntries;
import com.hazelcast.query.impl.IndexRegistry;
import com.hazelcast.query.impl.InternalIndex;
import com.hazelcast.query.impl.QueryableEntry;
import io.hazelgate.engine.Json;
import io.hazelgate.engine.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** The log where the maps are all there is: {@code event-store}, walked along its index on cursors. */
public final class MemoryEventLog implements EventLog {
    private static final String INDEX = "cursor";

    private final HazelcastInstance hazelcast;

    public MemoryEventLog(HazelcastInstance hazelcast) {
        this.hazelcast = hazelcast;
    }

    @Override
    public boolean isDurable() {
        return false;
    }

    @Override
    public String problem() {
        return null;
    }

    @Override
    public void own(Collection<Integer> lanes, UUID run) {
        // The map of owners, in which every change is checked, is enough.
    }

    @Override
    public void append(List<NewEvent> events, UUID run) {
        // The maps, which are written next, are the log.
    }

    @Override
    public Map<String, KnownRecord> find(Collection<String> eventIds) {
        return Map.of();
    }

    @Override
    public Map<String, byte[]> records(Collection<String> storeKeys) {
        return Map.of();
    }

    @Override
    @SuppressWarnings("rawtypes") // IndexKeyEntries gives them so
    public List<StoredEvent> read(Collection<Integer> lanes, String afterCursor, int limit) {
        Set<Integer> wanted = lanes == null ? null : new HashSet<>(lanes);
        List<StoredEvent> page = new ArrayList<>();
        Iterator<IndexKeyEntries> range = afterCursor == null
                ? index().getSqlRecordIteratorBatch(false)
                : index().getSqlRecordIteratorBatch(Comparison.GREATER, afterCursor, false);
        while (range.hasNext() && page.size() < limit) {
            IndexKeyEntries group = range.next();
            if (!(group.getIndexKey() instanceof String cursor)) {
                continue;
            }
            Iterator<QueryableEntry> entries = group.getEntries();
            while (entries.hasNext()) {
                StoredEvent event =
                        new StoredEvent(cursor, Json.bytes(entries.next().getValue()), null);
                if (event.record() != null && (wanted == null || wanted.contains(event.lane()))) {
                    page.add(event);
                }
            }
        }
        return page;
    }

    /** Not before it is needed: a map with an index has the partitions assigned at once. */
    private IMap<String, HazelcastJsonValue> eventStore() {
        return hazelcast.getMap(Names.EVENT_STORE);
    }

    private InternalIndex index() {
        IMap<String, HazelcastJsonValue> eventStore = eventStore();
        MapService service = ((MapProxyImpl<?, ?>) eventStore).getService();
        IndexRegistry indexes = service.getMapServiceContext()
                .getMapContainer(eventStore.getName())
                .getGlobalIndexRegistry();
        return indexes.getIndex(INDEX);
    }

    @Override
    public void decide(String deadLetterId, byte[] decision) {
        // The map, which is written next, keeps it.
    }

    @Override
    public Map<String, byte[]> decisions() {
        return Map.of();
    }

    @Override
    public long count() {
        return eventStore().getLocalMapStats().getOwnedEntryCount();
    }

    @Override
    public long countUpTo(long position) {
        return eventStore().aggregate(Aggregators.count(), Predicates.lessEqual(INDEX, EventLog.cursorAfter(position)));
    }

    @Override
    public boolean hasEventsAfter(long position) {
        return eventStore()
                        .aggregate(Aggregators.count(), Predicates.greaterThan(INDEX, EventLog.cursorAfter(position)))
                > 0;
    }

    @Override
    public void close() {}
}
