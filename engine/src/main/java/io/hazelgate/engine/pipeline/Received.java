package io.hazelgate.engine.pipeline;

import com.hazelcast.core.EntryEventType;
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
    private static final byte[] NO_ENVELOPE = {};

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

    /** Whether it tells of an event that was put in, not of one that was taken out. */
    static boolean isSubmission(EventJournalMapEvent<String, HazelcastJsonValue> event) {
        return event.getType() == EntryEventType.ADDED || event.getType() == EntryEventType.UPDATED;
    }

    /** Without an envelope where it is no submission: all that it says then is that the journal has lost something before it. */
    static Received fromJournal(EventJournalMapEvent<String, HazelcastJsonValue> event) {
        HazelcastJsonValue envelope = isSubmission(event) ? event.getNewValue() : null;
        return new Received(
                event.getKey(),
                envelope == null ? NO_ENVELOPE : Json.bytes(envelope),
                Clock.micros(),
                event.isAfterLostEvents());
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
