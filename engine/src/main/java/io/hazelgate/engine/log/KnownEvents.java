package io.hazelgate.engine.log;

import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * What {@code event-ids} and the store have of events: the id record, and the stored record it points to. Under way until {@link #await}.
 *
 * <p>An event that the maps no longer have is not looked for in the log: its append finds it.
 */
public final class KnownEvents {
    private final Entries entries;
    private final EventLog log;
    private final CompletableFuture<Map<String, byte[]>> reading;
    private final Map<String, byte[]> idRecords = new HashMap<>();
    private final Map<String, byte[]> storedRecords = new HashMap<>();

    public KnownEvents(Entries entries, EventLog log, Collection<String> eventIds) {
        this.entries = entries;
        this.log = log;
        reading = entries.read(Names.EVENT_IDS, eventIds);
    }

    /** Whether any of the events was seen before. */
    public boolean await() {
        Map<String, String> storeKeys = new HashMap<>();
        reading.join().forEach((eventId, idRecord) -> {
            if (idRecord != null) {
                idRecords.put(eventId, idRecord);
                String storeKey = Json.stringField(idRecord, "key");
                if (storeKey != null) {
                    storeKeys.put(eventId, storeKey);
                }
            }
        });
        Map<String, byte[]> records =
                entries.read(Names.EVENT_STORE, storeKeys.values()).join();
        log.find(storeKeys.keySet().stream()
                        .filter(eventId -> records.get(storeKeys.get(eventId)) == null)
                        .toList())
                .forEach((eventId, event) -> storedRecords.put(eventId, event.record()));
        storeKeys.forEach((eventId, storeKey) -> {
            byte[] record = records.get(storeKey);
            // An id is written before its record: after a crash between the two another event may have its place.
            if (record != null && Json.isOfEvent(record, eventId)) {
                storedRecords.put(eventId, record);
            }
        });
        return !idRecords.isEmpty();
    }

    /** Reads all, also what is in the log alone: committed, perhaps, by a member that died before it came to the maps. */
    public static KnownEvents whole(Entries entries, EventLog log, Collection<String> eventIds) {
        KnownEvents known = new KnownEvents(entries, log, eventIds);
        known.await();
        known.learn(log.find(eventIds));
        return known;
    }

    public void learn(Map<String, StoredEvent> fromLog) {
        fromLog.forEach((eventId, event) -> {
            idRecords.put(eventId, event.idRecord());
            storedRecords.put(eventId, event.record());
        });
    }

    /** Null where the event was not seen before. */
    public byte[] idRecord(String eventId) {
        return idRecords.get(eventId);
    }

    /** Null where the event is not in the store. */
    public byte[] storedRecord(String eventId) {
        return storedRecords.get(eventId);
    }
}
