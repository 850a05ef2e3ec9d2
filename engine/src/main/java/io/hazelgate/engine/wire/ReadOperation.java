package io.hazelgate.engine.wire;

import com.hazelcast.internal.nio.IOUtil;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.impl.operation.MapOperation;
import com.hazelcast.map.impl.record.Record;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.spi.impl.operationservice.PartitionAwareOperation;
import com.hazelcast.spi.impl.operationservice.ReadonlyOperation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

public final class ReadOperation extends MapOperation implements PartitionAwareOperation, ReadonlyOperation {
    private List<Data> keys;
    private transient Values answer;

    public ReadOperation() {}

    ReadOperation(String map, List<Data> keys) {
        super(map);
        this.keys = keys;
    }

    @Override
    protected void runInternal() {
        answer = new Values(keys.size());
        for (int i = 0; i < answer.values.length; i++) {
            Record<?> record = recordStore.getRecordOrNull(keys.get(i), false);
            answer.values[i] = record == null ? null : mapServiceContext.toData(record.getValue());
        }
    }

    @Override
    public Object getResponse() {
        return answer;
    }

    @Override
    public int getFactoryId() {
        return Ids.FACTORY;
    }

    @Override
    public int getClassId() {
        return Ids.READ_OPERATION;
    }

    @Override
    protected void writeInternal(ObjectDataOutput out) throws IOException {
        super.writeInternal(out);
        out.writeInt(keys.size());
        for (Data key : keys) {
            IOUtil.writeData(out, key);
        }
    }

    @Override
    protected void readInternal(ObjectDataInput in) throws IOException {
        super.readInternal(in);
        int size = in.readInt();
        keys = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            keys.add(IOUtil.readData(in));
        }
    }
}
