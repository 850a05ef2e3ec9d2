package io.hazelgate.engine.wire;

import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.impl.MapServiceContext;
import com.hazelcast.map.impl.record.Record;
import com.hazelcast.map.impl.recordstore.RecordStore;
import com.hazelcast.wan.impl.CallerProvenance;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The claims of one partition, read and changed on its thread, with what has been changed for the backups. */
final class ClaimsHere {
    private static final int CLAIM_LIVES = -1;

    private final MapServiceContext maps;
    private final RecordStore<?> store;
    private final List<PartitionChange> changes = new ArrayList<>();

    ClaimsHere(MapServiceContext maps, RecordStore<?> store) {
        this.maps = maps;
        this.store = store;
    }

    /** Null where the partition has no claim: then nobody pays for them. */
    static ClaimsHere find(MapServiceContext maps, int partition) {
        RecordStore<?> store = maps.getExistingRecordStore(partition, Names.CLAIMS);
        return store == null || store.isEmpty() ? null : new ClaimsHere(maps, store);
    }

    /** The claim of a view's entry; null where there is none. */
    Found on(String view, Data entryKey) {
        return at(KeyData.ofLane(Names.claimOf(view, Json.text(JsonData.textOf(entryKey)))));
    }

    /** The claim under its own key; null where there is none. */
    Found at(Data key) {
        Record<?> record = store.getRecordOrNull(key, false);
        if (record == null) {
            return null;
        }
        Data value = maps.toData(record.getValue());
        return new Found(key, value, Claim.of(JsonData.textOf(value)));
    }

    void put(Data key, Data value) {
        store.setWithUncountedAccess(key, value, true, CLAIM_LIVES, CLAIM_LIVES);
        changes.add(change(key, value));
    }

    private void remove(Data key) {
        store.delete(key, CallerProvenance.NOT_WAN);
        changes.add(change(key, null));
    }

    /** What was changed. */
    List<PartitionChange> changes() {
        return changes;
    }

    private static PartitionChange change(Data key, Data value) {
        return new PartitionChange(key, Change.Condition.ALWAYS, 0, null, value, Change.AS_CONFIGURED);
    }

    /** A claim that is there. */
    final class Found {
        final Data value;
        final Claim claim;
        private final Data key;

        private Found(Data key, Data value, Claim claim) {
            this.key = key;
            this.value = value;
            this.claim = claim;
        }

        boolean lets(Collection<String> eventIds) {
            return claim.lets(eventIds);
        }

        /** These events hold it no more. */
        void release(Collection<String> eventIds) {
            releaseHolders(claim.holdersOf(eventIds));
        }

        void releaseHolders(Collection<String> holders) {
            Claim left = claim.without(holders);
            if (left == null) {
                remove(key);
            } else if (!left.equals(claim)) {
                put(key, JsonData.of(left.toJson()));
            }
        }
    }
}
