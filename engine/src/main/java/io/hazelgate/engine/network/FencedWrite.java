package io.hazelgate.engine.network;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.hazelgate.engine.wire.Ids;
import io.hazelgate.engine.wire.Names;
import java.io.IOException;
import java.util.Map;

/** Writes an entry if a turn beside it is still its holder's. It runs where both are, and nothing comes between. */
public final class FencedWrite<V>
        implements EntryProcessor<String, V, Boolean>, HazelcastInstanceAware, IdentifiedDataSerializable {
    private static final long serialVersionUID = 1L;

    /** The turn; null where it was looked at already: a backup asks nobody. */
    private String what;

    private String whose;
    private transient V value;
    private transient HazelcastInstance hazelcast;
    private transient boolean written;

    public FencedWrite() {}

    FencedWrite(String what, String whose, V value) {
        this.what = what;
        this.whose = whose;
        this.value = value;
    }

    @Override
    public void setHazelcastInstance(HazelcastInstance instance) {
        hazelcast = instance;
    }

    @Override
    public Boolean process(Map.Entry<String, V> entry) {
        written = what == null || whose.equals(hazelcast.getMap(Names.TURNS).get(what));
        if (written) {
            entry.setValue(value);
        }
        return written;
    }

    @Override
    public EntryProcessor<String, V, Boolean> getBackupProcessor() {
        return written ? new FencedWrite<>(null, null, value) : null;
    }

    @Override
    public int getFactoryId() {
        return Ids.FACTORY;
    }

    @Override
    public int getClassId() {
        return Ids.FENCED_WRITE;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeString(what);
        out.writeString(whose);
        out.writeObject(value);
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        what = in.readString();
        whose = in.readString();
        value = in.readObject();
    }
}
