package io.hazelgate.engine.wire;

import com.hazelcast.internal.nio.IOUtil;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.impl.recordstore.RecordStore;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.spi.impl.operationservice.Operation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Claims entries of one partition for a run's events, or gives claims back.
 *
 * <p>A claim is made where the entry has the version that the guards read, and nobody else holds it. Both are looked at and written in
 * one step, on the thread of the partition that changes the entry, too. Answered for each that is refused: the claim that is there, or null
 * where the entry has moved on.
 */
public final class ClaimOperation extends ConditionalOperation {
    private String run;
    private List<Item> items;

    /** As a {@link ClaimRequest}; without a value it gives the claim back. */
    record Item(Data claimKey, String map, Data entryKey, long version, List<String> holders, Data value) {}

    public ClaimOperation() {}

    ClaimOperation(String run, List<Item> items) {
        super(Names.CLAIMS);
        this.run = run;
        this.items = items;
    }

    @Override
    int size() {
        return items.size();
    }

    @Override
    protected void runInternal() {
        ClaimsHere claims = new ClaimsHere(mapServiceContext, recordStore);
        refusals = null;
        for (int i = 0; i < items.size(); i++) {
            Item item = items.get(i);
            ClaimsHere.Found found = claims.at(item.claimKey());
            if (item.value() == null) {
                if (found != null && found.claim.run().equals(run)) {
                    found.releaseHolders(item.holders());
                }
            } else if (found != null && !isOwn(found.claim, item)) {
                refuse(i, found.value);
            } else if (versionOf(item) != item.version()) {
                refuse(i, null);
            } else {
                claims.put(item.claimKey(), item.value());
            }
        }
        made = claims.changes();
    }

    /** Another run's claim of the same event is not: which of both can store it yet is told by its lane's owner. */
    private boolean isOwn(Claim claim, Item item) {
        return claim.run().equals(run) && item.holders().containsAll(claim.holders());
    }

    private long versionOf(Item item) {
        RecordStore<?> entries = mapServiceContext.getExistingRecordStore(getPartitionId(), item.map());
        return JsonData.versionOf(entries == null ? null : valueOf(entries, item.entryKey()));
    }

    /** Of the same map: Hazelcast counts a map's backups, and leaves out those that it takes for old. */
    @Override
    public Operation getBackupOperation() {
        return new ChangeBackupOperation(name, made, List.of());
    }

    @Override
    public int getClassId() {
        return Ids.CLAIM_OPERATION;
    }

    @Override
    protected void writeInternal(ObjectDataOutput out) throws IOException {
        super.writeInternal(out);
        out.writeString(run);
        out.writeInt(items.size());
        for (Item item : items) {
            IOUtil.writeData(out, item.claimKey());
            out.writeString(item.map());
            IOUtil.writeData(out, item.entryKey());
            out.writeLong(item.version());
            out.writeStringArray(item.holders().toArray(String[]::new));
            IOUtil.writeData(out, item.value());
        }
    }

    @Override
    protected void readInternal(ObjectDataInput in) throws IOException {
        super.readInternal(in);
        run = in.readString();
        int size = in.readInt();
        items = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            items.add(new Item(
                    IOUtil.readData(in),
                    in.readString(),
                    IOUtil.readData(in),
                    in.readLong(),
                    List.of(in.readStringArray()),
                    IOUtil.readData(in)));
        }
    }
}
