package io.hazelgate.engine.wire;

import com.hazelcast.internal.nio.IOUtil;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.impl.operation.ClearOperation;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import java.io.IOException;

/** Empties a map's partition while a fence stands in it. The answer says whether it stood. */
public final class FencedClearOperation extends ClearOperation {
    private Data fenceKey;
    private Data fenceValue;
    private transient boolean stands;

    public FencedClearOperation() {}

    FencedClearOperation(String map, Data fenceKey, Data fenceValue) {
        super(map);
        this.fenceKey = fenceKey;
        this.fenceValue = fenceValue;
    }

    @Override
    protected void runInternal() {
        stands = ConditionalOperation.stands(mapServiceContext, getPartitionId(), fenceKey, fenceValue);
        if (stands) {
            super.runInternal();
        }
    }

    @Override
    public Object getResponse() {
        return stands;
    }

    @Override
    public int getFactoryId() {
        return Ids.FACTORY;
    }

    @Override
    public int getClassId() {
        return Ids.FENCED_CLEAR_OPERATION;
    }

    @Override
    protected void writeInternal(ObjectDataOutput out) throws IOException {
        super.writeInternal(out);
        IOUtil.writeData(out, fenceKey);
        IOUtil.writeData(out, fenceValue);
    }

    @Override
    protected void readInternal(ObjectDataInput in) throws IOException {
        super.readInternal(in);
        fenceKey = IOUtil.readData(in);
        fenceValue = IOUtil.readData(in);
    }
}
