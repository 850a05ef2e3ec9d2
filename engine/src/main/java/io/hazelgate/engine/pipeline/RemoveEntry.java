package io.hazelgate.engine.pipeline;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.hazelgate.engine.EngineSerializers;
import java.util.Map;

/** Removes entries, many keys in one call. */
public final class RemoveEntry
        implements EntryProcessor<String, HazelcastJsonValue, Void>, IdentifiedDataSerializable {
    @Override
    public Void process(Map.Entry<String, HazelcastJsonValue> entry) {
        entry.setValue(null);
        return null;
    }

    @Override
    public int getFactoryId() {
        return EngineSerializers.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return EngineSerializers.REMOVE_ENTRY;
    }

    @Override
    public void writeData(ObjectDataOutput out) {
        // nothing to say
    }

    @Override
    public void readData(ObjectDataInput in) {
        // nothing was said
    }
}
