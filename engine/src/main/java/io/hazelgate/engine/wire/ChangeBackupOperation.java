package io.hazelgate.engine.wire;

import com.hazelcast.map.impl.operation.MapOperation;
import com.hazelcast.map.impl.recordstore.RecordStore;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.spi.impl.operationservice.BackupOperation;
import com.hazelcast.spi.impl.operationservice.MutatingOperation;
import com.hazelcast.spi.impl.operationservice.PartitionAwareOperation;
import com.hazelcast.wan.impl.CallerProvenance;
import java.io.IOException;
import java.util.List;

/** Makes, on a backup, the changes that the partition's owner has made. */
public final class ChangeBackupOperation extends MapOperation
        implements PartitionAwareOperation, BackupOperation, MutatingOperation {
    private List<PartitionChange> changes;
    /** Changes of {@link Names#CLAIMS} that go with them. */
    private List<PartitionChange> claims;

    public ChangeBackupOperation() {}

    ChangeBackupOperation(String map, List<PartitionChange> changes, List<PartitionChange> claims) {
        super(map);
        this.changes = changes;
        this.claims = claims;
    }

    @Override
    protected void runInternal() {
        for (PartitionChange change : changes) {
            make(change, recordStore);
            if (change.value() != null) {
                evict(change.key());
            }
        }
        if (!claims.isEmpty()) {
            RecordStore<?> ofClaims = mapServiceContext.getRecordStore(getPartitionId(), Names.CLAIMS);
            claims.forEach(change -> make(change, ofClaims));
        }
    }

    private static void make(PartitionChange change, RecordStore<?> store) {
        if (change.value() == null) {
            store.removeBackup(change.key(), CallerProvenance.NOT_WAN);
        } else {
            store.putBackupForEntryProcessor(
                    change.key(), change.value(), true, change.ttlMillis(), -1, -1, CallerProvenance.NOT_WAN);
        }
    }

    @Override
    public int getFactoryId() {
        return Ids.FACTORY;
    }

    @Override
    public int getClassId() {
        return Ids.CHANGE_BACKUP_OPERATION;
    }

    @Override
    protected void writeInternal(ObjectDataOutput out) throws IOException {
        super.writeInternal(out);
        PartitionChange.writeAll(changes, out);
        PartitionChange.writeAll(claims, out);
    }

    @Override
    protected void readInternal(ObjectDataInput in) throws IOException {
        super.readInternal(in);
        changes = PartitionChange.readAll(in);
        claims = PartitionChange.readAll(in);
    }
}
