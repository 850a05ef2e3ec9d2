package io.hazelgate.engine.tasks;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.index.Indexes;
import io.hazelgate.engine.index.Walk;
import io.hazelgate.engine.log.PostgresEventLog;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.network.Task.Answerer;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.JsonData;
import io.hazelgate.engine.wire.Names;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Answers one page of a map in the order of an index, from this member's own partitions.
 *
 * <p>Hazelcast's public queries sort what they have gathered; this walks the sorted index itself, so that a page costs what the page holds
 * and not what the map holds.
 */
public record QueryEntries(Store store, Indexes indexes) implements Answerer {
    private static final String NOTHING_TO_ADD = "{\"entries\":[],\"count\":0}";

    @Override
    public byte[] answer(byte[] request) {
        EntryQuery query = EntryQuery.parse(Json.object(request));
        if (query.map().equals(Names.EVENT_STORE)
                && query.index() != null
                && store.log() instanceof PostgresEventLog log) {
            // All of it is in one place: one member answers, the others have nothing to add.
            String answer = isOldest() ? new LogQuery(query).answer(log) : NOTHING_TO_ADD;
            return answer.getBytes(StandardCharsets.UTF_8);
        }
        IMap<String, HazelcastJsonValue> map =
                store.hazelcast().getMap(store.generations().liveMap(query.map()));
        Page page = new Page(query);
        if (query.index() == null) {
            walkKeys(map, page);
        } else {
            walkIndex(page);
        }
        if (page.isWholeMapCounted()) {
            page.counted = map.getLocalMapStats().getOwnedEntryCount();
        }
        return page.toJson();
    }

    private boolean isOldest() {
        return store.hazelcast().getCluster().getMembers().iterator().next().localMember();
    }

    /** For small maps that have no index: the keys are sorted first. */
    private static void walkKeys(IMap<String, HazelcastJsonValue> map, Page page) {
        List<String> keys = new ArrayList<>(map.localKeySet());
        keys.removeIf(key -> !page.query.inBounds(key));
        if (page.query.count() && page.query.filters().isEmpty()) {
            page.counted = keys.size();
        }
        Collections.sort(keys);
        if (page.query.descending()) {
            Collections.reverse(keys);
        }
        for (String key : keys) {
            if (page.isFull()) {
                return;
            }
            HazelcastJsonValue value = map.get(key);
            if (value != null) {
                byte[] json = value.getValue().getBytes(StandardCharsets.UTF_8);
                page.look(key.getBytes(StandardCharsets.UTF_8), json, 0);
            }
        }
    }

    private void walkIndex(Page page) {
        EntryQuery query = page.query;
        if (query.count() && query.isBounded() && query.filters().isEmpty()) {
            page.counted = indexes.count(query.map(), query.index(), query.range());
        }
        Walk walk = indexes.walk(query.map(), query.index(), query.range());
        while (!page.isFull() && walk.next()) {
            page.look(walk.key(), walk.value().toByteArray(), JsonData.TEXT_OFFSET);
        }
    }

    private static final class Page {
        private final EntryQuery query;
        private final ByteArrayOutputStream json = new ByteArrayOutputStream(4096);
        private int taken;
        private long counted;

        Page(EntryQuery query) {
            this.query = query;
            append("{\"entries\":[");
        }

        /** All entries count, and how many there are is known without the index. */
        boolean isWholeMapCounted() {
            return query.count() && !query.isBounded() && query.filters().isEmpty();
        }

        /** Nothing that comes can change the answer. */
        boolean isFull() {
            boolean counts = query.count() && !query.filters().isEmpty();
            return taken >= query.limit() && !counts;
        }

        void look(byte[] key, byte[] entry, int from) {
            if (!query.filters().isEmpty()) {
                if (!query.matches(new String(entry, from, entry.length - from, StandardCharsets.UTF_8))) {
                    return;
                }
                counted++;
            }
            if (taken < query.limit()) {
                append(taken > 0 ? ",[" : "[");
                json.writeBytes(quoted(key));
                json.write(',');
                json.write(entry, from, entry.length - from);
                json.write(']');
                taken++;
            }
        }

        private static byte[] quoted(byte[] key) {
            for (byte each : key) {
                if (each == '"' || each == '\\' || each >= 0 && each < ' ') {
                    return utf8(com.hazelcast.internal.json.Json.value(Json.text(key))
                            .toString());
                }
            }
            byte[] quoted = new byte[key.length + 2];
            System.arraycopy(key, 0, quoted, 1, key.length);
            quoted[0] = '"';
            quoted[key.length + 1] = '"';
            return quoted;
        }

        private static byte[] utf8(String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }

        byte[] toJson() {
            append("],\"count\":" + (query.count() ? counted : null) + "}");
            return json.toByteArray();
        }

        private void append(String text) {
            json.writeBytes(utf8(text));
        }
    }
}
