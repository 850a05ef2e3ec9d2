package io.hazelgate.engine.pipeline;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.hazelgate.engine.EngineSerializers;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** Writes each entry only where there is none. Answers the value that is there already, and nothing for one that was written. */
public final class StoreIfAbsent
        implements EntryProcessor<String, HazelcastJsonValue, HazelcastJsonValue>, IdentifiedDataSerializable {
    private Map<String, HazelcastJsonValue> values;

    public StoreIfAbsent() {
        this(new HashMap<>());
    }

    StoreIfAbsent(Map<String, HazelcastJsonValue> values) {
        this.values = values;
    }

    @Override
    public HazelcastJsonValue process(Map.Entry<String, HazelcastJsonValue> entry) {
        HazelcastJsonValue present = entry.getValue();
        if (present == null) {
            entry.setValue(values.get(entry.getKey()));
        }
        return present;
    }

    @Override
    public int getFactoryId() {
        return EngineSerializers.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return EngineSerializers.STORE_IF_ABSENT;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeInt(values.size());
        for (Map.Entry<String, HazelcastJsonValue> value : values.entrySet()) {
            out.writeString(value.getKey());
            out.writeString(value.getValue().getValue());
        }
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        int size = in.readInt();
        values = new HashMap<>(size * 2);
        for (int i = 0; i < size; i++) {
            values.put(in.readString(), new HazelcastJsonValue(in.readString()));
        }
    }
}
