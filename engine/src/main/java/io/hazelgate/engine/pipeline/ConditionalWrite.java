package io.hazelgate.engine.pipeline;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.hazelgate.engine.EngineSerializers;
import io.hazelgate.engine.Json;
import io.hazelgate.engine.projector.Write;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes each entry only where its version is still the one that the new state was folded from.
 *
 * <p>Answers true for an entry that has moved on, and nothing for one that was written.
 */
public final class ConditionalWrite
        implements EntryProcessor<String, HazelcastJsonValue, Boolean>, IdentifiedDataSerializable {
    private Map<String, NewState> states;

    private record NewState(long expectedVersion, HazelcastJsonValue value) {}

    public ConditionalWrite() {
        this(0);
    }

    ConditionalWrite(int size) {
        states = new HashMap<>(size * 2);
    }

    void add(Write write) {
        states.put(write.key(), new NewState(write.expectedVersion(), Json.value(write.value())));
    }

    @Override
    public Boolean process(Map.Entry<String, HazelcastJsonValue> entry) {
        NewState state = states.get(entry.getKey());
        if (state.expectedVersion != Write.ANY && Json.versionOf(entry.getValue()) != state.expectedVersion) {
            return Boolean.TRUE;
        }
        entry.setValue(state.value);
        return null;
    }

    @Override
    public int getFactoryId() {
        return EngineSerializers.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return EngineSerializers.CONDITIONAL_WRITE;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeInt(states.size());
        for (Map.Entry<String, NewState> state : states.entrySet()) {
            out.writeString(state.getKey());
            out.writeLong(state.getValue().expectedVersion);
            out.writeString(state.getValue().value.getValue());
        }
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        int size = in.readInt();
        states = new HashMap<>(size * 2);
        for (int i = 0; i < size; i++) {
            states.put(in.readString(), new NewState(in.readLong(), new HazelcastJsonValue(in.readString())));
        }
    }
}
