package io.hazelgate.engine.tasks;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.Json;
import com.hazelcast.map.IMap;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.map.impl.proxy.MapProxyImpl;
import com.hazelcast.query.impl.IndexRegistry;
import com.hazelcast.query.impl.InternalIndex;
import io.hazelgate.engine.Engine;
import io.hazelgate.engine.EngineSerializers;
import io.hazelgate.engine.Names;
import io.hazelgate.engine.store.PostgresEventLog;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Answers one page of a map in the order of an index, from this member's own partitions.
 *
 * <p>Hazelcast's public queries sort what they have gathered; this walks the sorted index itself (by the interface that its SQL
 * engine uses), so that a page costs what the page holds and not what the map holds.
 */
public final class QueryEntries extends EngineTask {
    private static final String NOTHING_TO_ADD = "{\"entries\":[],\"count\":0}";

    public QueryEntries() {
        super(EngineSerializers.QUERY_ENTRIES);
    }

    @Override
    byte[] answer(Engine engine, byte[] request) {
        EntryQuery query = EntryQuery.parse(
                Json.parse(new String(request, StandardCharsets.UTF_8)).asObject());
        if (query.map().equals(Names.EVENT_STORE)
                && query.index() != null
                && engine.eventLog() instanceof PostgresEventLog log) {
            // All of it is in one place: one member answers, the others have nothing to add.
            String answer = isOldest(engine) ? new LogQuery(query).answer(log) : NOTHING_TO_ADD;
            return answer.getBytes(StandardCharsets.UTF_8);
        }
        IMap<String, HazelcastJsonValue> map =
                engine.hazelcast().getMap(engine.generations().liveMap(query.map()));
        Page page = new Page(query);
        if (query.index() == null) {
            walkKeys(map, page);
        } else {
            new IndexWalk(indexOf(map, query), query).walk(page.atLeast(), page::take);
        }
        long owned = page.countsWithoutLooking() ? map.getLocalMapStats().getOwnedEntryCount() : -1;
        return page.toJson(owned);
    }

    private static boolean isOldest(Engine engine) {
        return engine.hazelcast().getCluster().getMembers().iterator().next().localMember();
    }

    /** For small maps that have no index: the keys are sorted first. */
    private static void walkKeys(IMap<String, HazelcastJsonValue> map, Page page) {
        List<String> keys = new ArrayList<>(map.localKeySet());
        keys.removeIf(key -> !page.query.inBounds(key));
        Collections.sort(keys);
        if (page.query.descending()) {
            Collections.reverse(keys);
        }
        for (String key : keys) {
            HazelcastJsonValue value = map.get(key);
            if (value != null && !page.take(key, value.getValue())) {
                return;
            }
        }
    }

    private static InternalIndex indexOf(IMap<String, HazelcastJsonValue> map, EntryQuery query) {
        MapService service = ((MapProxyImpl<?, ?>) map).getService();
        IndexRegistry indexes =
                service.getMapServiceContext().getMapContainer(map.getName()).getGlobalIndexRegistry();
        InternalIndex index = indexes == null ? null : indexes.getIndex(query.index());
        if (index == null) {
            throw new IllegalStateException("the map " + query.map() + " has no index " + query.index()
                    + " (yet: the projector names them when it is up)");
        }
        return index;
    }

    private static final class Page {
        private final EntryQuery query;
        private final StringBuilder json = new StringBuilder("{\"entries\":[");
        private int taken;
        private long counted;

        Page(EntryQuery query) {
            this.query = query;
        }

        /** All entries count, and how many there are is known without walking over them. */
        boolean countsWithoutLooking() {
            return query.count() && !query.isBounded() && query.filters().isEmpty();
        }

        /** How many entries have to be looked at in any case; the most where only looking can tell. */
        int atLeast() {
            boolean known = query.filters().isEmpty() && (!query.count() || countsWithoutLooking());
            return known ? query.limit() : Integer.MAX_VALUE;
        }

        /** False when the walk may end. */
        boolean take(String indexKey, String entry) {
            boolean counting = query.count() && !countsWithoutLooking();
            if (taken >= query.limit() && !counting) {
                return false;
            }
            if (query.matches(entry)) {
                counted++;
                if (taken < query.limit()) {
                    json.append(taken > 0 ? ",[" : "[")
                            .append(Json.value(indexKey))
                            .append(',')
                            .append(entry)
                            .append(']');
                    taken++;
                }
            }
            return taken < query.limit() || counting;
        }

        byte[] toJson(long owned) {
            json.append("],\"count\":");
            if (!query.count()) {
                json.append("null");
            } else {
                json.append(countsWithoutLooking() ? owned : counted);
            }
            return json.append('}').toString().getBytes(StandardCharsets.UTF_8);
        }
    }
}
