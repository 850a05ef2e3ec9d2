package io.hazelgate.engine.wire;

import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.impl.MapServiceContext;
import com.hazelcast.map.impl.operation.MapOperation;
import com.hazelcast.map.impl.record.Record;
import com.hazelcast.map.impl.recordstore.RecordStore;
import com.hazelcast.spi.impl.operationservice.BackupAwareOperation;
import com.hazelcast.spi.impl.operationservice.MutatingOperation;
import com.hazelcast.spi.impl.operationservice.PartitionAwareOperation;
import java.util.List;

/** Does several things in one partition, each on its own condition; it answers those that were refused, and the backups get the others. */
abstract class ConditionalOperation extends MapOperation
        implements PartitionAwareOperation, BackupAwareOperation, MutatingOperation {
    /** What the backups are to make, too. */
    transient List<PartitionChange> made = List.of();

    transient Values refusals;

    ConditionalOperation() {}

    ConditionalOperation(String map) {
        super(map);
    }

    /** How many things there are to do. */
    abstract int size();

    final void refuse(int index, Data present) {
        if (refusals == null) {
            refusals = new Values(size());
        }
        refusals.refused[index] = true;
        refusals.values[index] = present;
    }

    /** Null where there is no entry. */
    final Data valueOf(RecordStore<?> store, Data key) {
        return valueOf(mapServiceContext, store, key);
    }

    private static Data valueOf(MapServiceContext maps, RecordStore<?> store, Data key) {
        Record<?> record = store.getRecordOrNull(key, false);
        return record == null ? null : maps.toData(record.getValue());
    }

    /** Whether a partition is still the one's who put up this fence. */
    static boolean stands(MapServiceContext maps, int partition, Data fenceKey, Data fenceValue) {
        return JsonData.areSame(fenceValue, valueOf(maps, maps.getRecordStore(partition, Names.LANE_OWNERS), fenceKey));
    }

    /** Null when nothing was refused; else what is there, for each that was. */
    @Override
    public final Object getResponse() {
        return refusals;
    }

    @Override
    public final boolean shouldBackup() {
        return !made.isEmpty();
    }

    @Override
    public final int getSyncBackupCount() {
        return mapContainer.getBackupCount();
    }

    @Override
    public final int getAsyncBackupCount() {
        return mapContainer.getAsyncBackupCount();
    }

    @Override
    public final int getFactoryId() {
        return Ids.FACTORY;
    }
}
