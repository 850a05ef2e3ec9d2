package io.hazelgate.engine.log;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.index.Indexes;
import io.hazelgate.engine.index.Range;
import io.hazelgate.engine.index.Walk;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.JsonData;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * The log where the maps are all there is: {@code event-store}, walked along its index on cursors. Whose lane it is stands in the map of
 * owners, and every change is checked there.
 */
public record MemoryEventLog(HazelcastInstance hazelcast, Indexes indexes) implements EventLog {
    /** The id's key in the map {@code recovery}. */
    public static final String LOG_ID = "log";

    @Override
    public LogPage read(Collection<Integer> lanes, String afterCursor, String beforeCursor, int limit, int maxBytes) {
        Set<Integer> wanted = lanes == null ? null : new HashSet<>(lanes);
        List<StoredEvent> page = new ArrayList<>();
        Walk walk =
                indexes.walk(Names.EVENT_STORE, Names.CURSOR, Range.of(afterCursor, false, beforeCursor, false, false));
        long bytes = 0;
        while (page.size() < limit && bytes < maxBytes) {
            if (!walk.next()) {
                return new LogPage(page, true);
            }
            StoredEvent event = new StoredEvent(Json.text(walk.key()), JsonData.textOf(walk.value()), null);
            if (wanted == null || wanted.contains(event.lane())) {
                page.add(event);
                bytes += event.record().length;
            }
        }
        return new LogPage(page, false);
    }

    /** Whoever asks first names it. Once events are lost, it is another log. */
    @Override
    public String id(HazelcastInstance member) {
        IMap<String, String> shared = member.getMap(Names.RECOVERY);
        String known = shared.get(LOG_ID);
        if (known == null) {
            shared.putIfAbsent(LOG_ID, newId());
            known = shared.get(LOG_ID);
        }
        return known;
    }

    public static String newId() {
        return UUID.randomUUID().toString();
    }

    @Override
    public long count() {
        return hazelcast.getMap(Names.EVENT_STORE).getLocalMapStats().getOwnedEntryCount();
    }

    @Override
    public long countUpTo(long position) {
        return indexes.countEvents(Range.upTo(EventLog.cursorAfter(position)));
    }

    @Override
    public boolean hasEventsAfter(long position) {
        return indexes.countEvents(Range.above(EventLog.cursorAfter(position))) > 0;
    }
}
