package io.hazelgate.engine.snapshot;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.views.Positions;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Up to which position every stored event is in the views, cluster-wide.
 *
 * <p>What the members' gates say is not enough: a member that died between storing an event and writing the views has left an event
 * that no gate knows of, until its lane's next owner has done the rest. Such an event is still pending. So nothing that is stored and
 * still pending is taken for settled.
 */
public record Settled(Store store, Positions positions) {

    public long position() {
        return below(positions.settled());
    }

    /** @param gates the lowest position that the members' gates name, asked for before this */
    long below(long gates) {
        long settled = gates;
        for (byte[] record : storedAndPending()) {
            long position = Json.object(record).getLong("position", Long.MAX_VALUE);
            settled = Math.min(settled, position - 1);
        }
        return settled;
    }

    private Collection<byte[]> storedAndPending() {
        IMap<String, HazelcastJsonValue> pending = store.hazelcast().getMap(Names.PENDING_EVENTS);
        List<String> ids =
                pending.keySet().stream().map(Names::eventIdOf).distinct().toList();
        List<String> keys = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        store.entries().read(Names.EVENT_IDS, ids).join().forEach((id, idRecord) -> {
            String key = idRecord == null ? null : Json.object(idRecord).getString("key", null);
            if (key != null) {
                keys.add(key);
            } else {
                unknown.add(id);
            }
        });
        List<byte[]> records = new ArrayList<>();
        List<String> elsewhere = new ArrayList<>();
        store.entries().read(Names.EVENT_STORE, keys).join().forEach((key, record) -> {
            if (record == null) {
                elsewhere.add(key);
            } else {
                records.add(record);
            }
        });
        records.addAll(store.log().records(elsewhere).values());
        store.log().find(unknown).values().forEach(known -> records.add(known.record()));
        return records;
    }
}
