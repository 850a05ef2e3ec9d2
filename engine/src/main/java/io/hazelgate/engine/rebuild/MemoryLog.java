package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.map.impl.proxy.MapProxyImpl;
import com.hazelcast.query.impl.IndexKeyEntries;
import com.hazelcast.query.impl.IndexRegistry;
import com.hazelcast.query.impl.QueryableEntry;
import io.hazelgate.engine.Names;
import io.hazelgate.engine.entries.Entries;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** The log as the map {@code event-store} has it: its index by cursor is walked from where the last walk ended. */
final class MemoryLog implements EventLog {
    private static final String INDEX = "cursor";

    private final HazelcastInstance hazelcast;
    private final Entries entries;

    MemoryLog(HazelcastInstance hazelcast, Entries entries) {
        this.hazelcast = hazelcast;
        this.entries = entries;
    }

    @Override
    @SuppressWarnings("rawtypes") // IndexKeyEntries gives them so
    public List<StoredEvent> read(String after, long upToPosition, int maxEvents, int maxBytes) {
        List<StoredEvent> events = new ArrayList<>();
        String last = EventLog.cursorAfter(upToPosition);
        if (after.compareTo(last) >= 0) {
            return events;
        }
        MapService service = ((MapProxyImpl<?, ?>) store()).getService();
        IndexRegistry indexes = service.getMapServiceContext()
                .getMapContainer(Names.EVENT_STORE)
                .getGlobalIndexRegistry();
        Iterator<IndexKeyEntries> walk =
                indexes.getIndex(INDEX).getSqlRecordIteratorBatch(after, false, last, true, false);
        int bytes = 0;
        while (walk.hasNext() && events.size() < maxEvents && bytes < maxBytes) {
            IndexKeyEntries group = walk.next();
            if (!(group.getIndexKey() instanceof String cursor)) {
                continue;
            }
            Iterator<QueryableEntry> found = group.getEntries();
            while (found.hasNext()) {
                byte[] record = entries.text(found.next().getValueData());
                bytes += record.length;
                events.add(
                        new StoredEvent(cursor, Integer.parseInt(cursor.substring(cursor.indexOf('-') + 1)), record));
            }
        }
        return events;
    }

    /** Not before it is needed: a map with an index has the partitions assigned at once. */
    private IMap<String, HazelcastJsonValue> store() {
        return hazelcast.getMap(Names.EVENT_STORE);
    }

    @Override
    public long size() {
        return store().size();
    }
}
