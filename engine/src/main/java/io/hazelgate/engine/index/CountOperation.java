package io.hazelgate.engine.index;

import com.hazelcast.map.impl.operation.MapOperation;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.spi.exception.RetryableHazelcastException;
import com.hazelcast.spi.impl.operationservice.PartitionAwareOperation;
import com.hazelcast.spi.impl.operationservice.ReadonlyOperation;
import io.hazelgate.engine.wire.Here;
import io.hazelgate.engine.wire.Ids;
import java.io.IOException;

/** Counts what lies within the bounds of an index in one partition, wherever that is: no partition is counted twice, and none is left out. */
public final class CountOperation extends MapOperation implements PartitionAwareOperation, ReadonlyOperation {
    private String index;
    private Range range;
    private transient long count;

    public CountOperation() {}

    CountOperation(String map, String index, Range range) {
        super(map);
        this.index = index;
        this.range = range;
        createRecordStoreOnDemand = false;
    }

    @Override
    protected void runInternal() {
        Indexes indexes = Here.find(getNodeEngine().getHazelcastInstance(), Indexes.class);
        if (indexes == null) {
            throw new RetryableHazelcastException("the member is starting");
        }
        count = indexes.countHere(name, getPartitionId(), index, range);
    }

    @Override
    public Object getResponse() {
        return count;
    }

    @Override
    public int getFactoryId() {
        return Ids.FACTORY;
    }

    @Override
    public int getClassId() {
        return Ids.COUNT_OPERATION;
    }

    @Override
    protected void writeInternal(ObjectDataOutput out) throws IOException {
        super.writeInternal(out);
        out.writeString(index);
        out.writeByteArray(range.from());
        out.writeBoolean(range.fromInclusive());
        out.writeByteArray(range.to());
        out.writeBoolean(range.toInclusive());
    }

    @Override
    protected void readInternal(ObjectDataInput in) throws IOException {
        super.readInternal(in);
        createRecordStoreOnDemand = false;
        index = in.readString();
        range = new Range(in.readByteArray(), in.readBoolean(), in.readByteArray(), in.readBoolean(), false);
    }
}
