package io.hazelgate.engine.wire;

import com.hazelcast.internal.nio.IOUtil;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import java.io.IOException;

/** What an operation on a partition answers: values (or null) and, for changes, which of them were refused. */
public final class Values implements IdentifiedDataSerializable {
    Data[] values;
    boolean[] refused;
    boolean fenced;

    public Values() {}

    Values(int size) {
        values = new Data[size];
        refused = new boolean[size];
    }

    @Override
    public int getFactoryId() {
        return Ids.FACTORY;
    }

    @Override
    public int getClassId() {
        return Ids.VALUES;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeBoolean(fenced);
        out.writeBooleanArray(refused);
        for (Data value : values) {
            IOUtil.writeData(out, value);
        }
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        fenced = in.readBoolean();
        refused = in.readBooleanArray();
        values = new Data[refused.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = IOUtil.readData(in);
        }
    }
}
