package io.hazelgate.engine.pipeline;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.EventJournalMapEvent;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.hazelgate.engine.Clock;
import io.hazelgate.engine.EngineSerializers;
import io.hazelgate.engine.Json;
import io.hazelgate.engine.Names;
import java.io.IOException;

/** A pending event as the pipeline got it, from the journal or from the reconciler. */
public final class Received implements IdentifiedDataSerializable {
    private String key;
    private byte[] envelope;
    private long receivedAt;
    private boolean afterLostEvents;

    public Received() {}

    public Received(String key, byte[] envelope, long receivedAt, boolean afterLostEvents) {
        this.key = key;
        this.envelope = envelope;
        this.receivedAt = receivedAt;
        this.afterLostEvents = afterLostEvents;
    }

    static Received fromJournal(EventJournalMapEvent<String, HazelcastJsonValue> event) {
        return new Received(event.getKey(), Json.bytes(event.getNewValue()), Clock.micros(), event.isAfterLostEvents());
    }

    /** {@code <eventId>@<aggregateId>}. */
    public String key() {
        return key;
    }

    public String eventId() {
        return Names.eventIdOf(key);
    }

    public byte[] envelope() {
        return envelope;
    }

    /** Microseconds since the epoch. */
    public long receivedAt() {
        return receivedAt;
    }

    /** Whether the journal had dropped events before this one. */
    public boolean isAfterLostEvents() {
        return afterLostEvents;
    }

    @Override
    public int getFactoryId() {
        return EngineSerializers.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return EngineSerializers.RECEIVED;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeString(key);
        out.writeByteArray(envelope);
        out.writeLong(receivedAt);
        out.writeBoolean(afterLostEvents);
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        key = in.readString();
        envelope = in.readByteArray();
        receivedAt = in.readLong();
        afterLostEvents = in.readBoolean();
    }
}
