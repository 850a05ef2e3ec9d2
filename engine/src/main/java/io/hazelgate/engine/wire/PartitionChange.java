package io.hazelgate.engine.wire;

import com.hazelcast.internal.nio.IOUtil;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.hazelgate.engine.wire.Change.Condition;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@link Change} in serialized form, as it travels to its partition and on to the backups.
 *
 * @param value null removes the entry
 */
record PartitionChange(Data key, Condition condition, long expectedVersion, Data expected, Data value, long ttlMillis) {
    private static final Condition[] CONDITIONS = Condition.values();

    static void writeAll(List<PartitionChange> changes, ObjectDataOutput out) throws IOException {
        out.writeInt(changes.size());
        for (PartitionChange change : changes) {
            IOUtil.writeData(out, change.key);
            out.writeByte(change.condition.ordinal());
            out.writeLong(change.expectedVersion);
            IOUtil.writeData(out, change.expected);
            IOUtil.writeData(out, change.value);
            out.writeLong(change.ttlMillis);
        }
    }

    static List<PartitionChange> readAll(ObjectDataInput in) throws IOException {
        int size = in.readInt();
        List<PartitionChange> changes = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            changes.add(new PartitionChange(
                    IOUtil.readData(in),
                    CONDITIONS[in.readByte()],
                    in.readLong(),
                    IOUtil.readData(in),
                    IOUtil.readData(in),
                    in.readLong()));
        }
        return changes;
    }
}
