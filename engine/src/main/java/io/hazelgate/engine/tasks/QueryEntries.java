package io.hazelgate.engine.tasks;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.index.Indexes;
import io.hazelgate.engine.index.Range;
import io.hazelgate.engine.index.Walk;
import io.hazelgate.engine.log.PostgresEventLog;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.network.Deadline;
import io.hazelgate.engine.network.Task.Answerer;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.JsonData;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Answers one page of a map in the order of an index, from this member's own partitions.
 *
 * <p>Hazelcast's public queries sort what they have gathered; this walks the sorted index itself, so that a page costs what the page holds
 * and not what the map holds.
 */
public record QueryEntries(Store store, Indexes indexes, OwnPartitions partitions, ScanTurns turns)
        implements Answerer {
    @Override
    public byte[] answer(byte[] request, Deadline deadline) throws InterruptedException {
        EntryQuery query = EntryQuery.parse(Json.object(request));
        if (query.map().equals(Names.EVENT_STORE)
                && query.index() != null
                && store.log() instanceof PostgresEventLog log) {
            return fromLog(query.whole(), log);
        }
        return partitions.still(deadline, own -> {
            Page page = find(query, deadline);
            return (page.isOdd() ? find(query.whole(), deadline) : page).toJson(own);
        });
    }

    private Page find(EntryQuery query, Deadline deadline) throws InterruptedException {
        Page page = new Page(query);
        if (query.index() == null) {
            walkKeys(store.hazelcast().getMap(store.generations().liveMap(query.map())), page);
        } else if (query.filter() == null) {
            walkIndex(page);
        } else {
            scanIndex(page, deadline);
        }
        return page;
    }

    /** All of it is in one place: one member answers, the others have nothing to add. */
    private byte[] fromLog(EntryQuery query, PostgresEventLog log) {
        LogQuery inLog = new LogQuery(query);
        Page page = new Page(inLog.query());
        boolean answers = isOldest();
        if (answers) {
            inLog.answer(log, page);
        }
        return page.toJson(partitions.outside(answers));
    }

    private boolean isOldest() {
        return store.hazelcast().getCluster().getMembers().iterator().next().localMember();
    }

    /** For small maps that have no index: the keys are sorted first. */
    private static void walkKeys(IMap<String, HazelcastJsonValue> map, Page page) {
        EntryQuery query = page.query();
        List<byte[]> keys = new ArrayList<>();
        map.localKeySet().forEach(key -> keys.add(Json.bytes(key)));
        keys.removeIf(key -> !query.inBounds(key));
        if (query.filter() == null) {
            page.counted(keys.size());
        }
        keys.sort(query.descending() ? (one, other) -> Arrays.compareUnsigned(other, one) : Arrays::compareUnsigned);
        for (byte[] key : keys) {
            if (page.isFull()) {
                return;
            }
            HazelcastJsonValue value = map.get(Json.text(key));
            if (value != null) {
                page.look(key, Json.bytes(value.getValue()), 0);
            }
        }
    }

    private void walkIndex(Page page) {
        EntryQuery query = page.query();
        if (query.count()) {
            page.counted(query.walked().stream()
                    .mapToLong(range -> indexes.count(query.map(), query.index(), range))
                    .sum());
        }
        for (Range range : query.walked()) {
            if (page.isFull()) {
                return;
            }
            Walk walk = indexes.walk(query.map(), query.index(), range);
            while (!page.isFull() && walk.next()) {
                page.look(walk.key(), walk.value().toByteArray(), JsonData.TEXT_OFFSET);
            }
        }
    }

    private void scanIndex(Page page, Deadline deadline) throws InterruptedException {
        EntryQuery query = page.query();
        try (ScanTurns.Scan scan = turns.begin(deadline)) {
            for (Range range : query.walked()) {
                if (page.isFull()) {
                    return;
                }
                Walk walk = indexes.walk(query.map(), query.index(), range);
                while (!page.isFull() && walk.next()) {
                    scan.look();
                    page.look(walk.key(), walk.value().toByteArray(), JsonData.TEXT_OFFSET);
                }
            }
        }
    }
}
