package io.hazelgate.engine.live;

import com.hazelcast.core.EntryEventType;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.EventJournalMapEvent;
import com.hazelcast.map.impl.journal.InternalEventJournalMapEvent;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.hazelgate.engine.lanes.Lanes;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Ids;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.JsonData;
import io.hazelgate.engine.wire.Names;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;

/** A pending event as the pipeline got it, from the journal or from the reconciler. */
public final class Received implements IdentifiedDataSerializable {
    private static final byte[] NO_ENVELOPE = {};

    private String key;
    private byte[] envelope;
    private long receivedAt;
    private boolean afterLostEvents;
    private int partition = -1;

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
        return new Received(
                event.getKey(),
                isSubmission(event) ? envelopeOf(event) : NO_ENVELOPE,
                Clock.micros(),
                event.isAfterLostEvents());
    }

    /** The bytes as they are in the journal: its own way makes a String of them, on the partition's thread. */
    static byte[] envelopeOf(EventJournalMapEvent<String, HazelcastJsonValue> event) {
        Data value = ((InternalEventJournalMapEvent) event).getDataNewValue();
        return JsonData.isJson(value) ? JsonData.textOf(value) : Json.bytes(event.getNewValue());
    }

    /** {@code <eventId>@<aggregateId>}. */
    public String key() {
        return key;
    }

    public String eventId() {
        return Names.eventIdOf(key);
    }

    static Set<String> idsOf(Collection<Received> events) {
        return events.stream().map(Received::eventId).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** The partition that holds it; worked out once, for several steps ask. */
    int partition(Lanes lanes) {
        if (partition < 0) {
            partition = lanes.laneOf(key);
        }
        return partition;
    }

    public byte[] envelope() {
        return envelope;
    }

    /** Microseconds since the epoch. */
    public long receivedAt() {
        return receivedAt;
    }

    public boolean isAfterLostEvents() {
        return afterLostEvents;
    }

    @Override
    public int getFactoryId() {
        return Ids.FACTORY;
    }

    @Override
    public int getClassId() {
        return Ids.RECEIVED;
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
