package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstance;
import io.hazelgate.engine.index.Indexes;
import io.hazelgate.engine.index.Range;
import io.hazelgate.engine.index.Walk;
import io.hazelgate.engine.log.StoredEvent;
import io.hazelgate.engine.wire.JsonData;
import io.hazelgate.engine.wire.Names;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The log as the map {@code event-store} has it: its index by cursor is walked from where the last walk ended. */
final class OwnedInMemory implements OwnedEvents {
    private final HazelcastInstance hazelcast;
    private final Indexes indexes;

    OwnedInMemory(HazelcastInstance hazelcast, Indexes indexes) {
        this.hazelcast = hazelcast;
        this.indexes = indexes;
    }

    @Override
    public List<StoredEvent> read(String after, long upToPosition, int maxEvents, int maxBytes) {
        List<StoredEvent> events = new ArrayList<>();
        Range range = Range.of(after, false, OwnedEvents.cursorAfter(upToPosition), true, false);
        Walk walk = indexes.walk(Names.EVENT_STORE, Names.CURSOR, range);
        int bytes = 0;
        while (events.size() < maxEvents && bytes < maxBytes && walk.next()) {
            String cursor = new String(walk.key(), StandardCharsets.UTF_8);
            byte[] record = JsonData.textOf(walk.value());
            bytes += record.length;
            events.add(new StoredEvent(cursor, record, null));
        }
        return events;
    }

    @Override
    public long size() {
        return hazelcast.getMap(Names.EVENT_STORE).size();
    }
}
