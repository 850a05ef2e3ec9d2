package io.hazelgate.engine.pipeline;

import io.hazelgate.engine.Json;
import io.hazelgate.engine.Names;
import io.hazelgate.engine.entries.Entries;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Reads what a batch needs, of several maps at once. */
final class EntryLoader {
    private final Entries entries;

    EntryLoader(Entries entries) {
        this.entries = entries;
    }

    /** Adds what the needs name to what is loaded; a key without an entry is loaded as null. */
    void load(Map<String, List<String>> needs, Map<String, Map<String, byte[]>> loaded) {
        Map<String, CompletableFuture<Map<String, byte[]>>> reads = new HashMap<>();
        needs.forEach((map, keys) -> reads.put(map, entries.read(map, keys)));
        reads.forEach((map, read) ->
                loaded.computeIfAbsent(map, name -> new HashMap<>()).putAll(read.join()));
    }

    /** What {@code event-ids} and the store have of these events: the id record, and the stored record it points to. */
    Known loadKnown(Collection<String> eventIds) {
        return new Known(entries.read(Names.EVENT_IDS, eventIds));
    }

    /** The reading of id records, under way until {@link #await}. */
    final class Known {
        private final CompletableFuture<Map<String, byte[]>> reading;
        private final Map<String, byte[]> idRecords = new HashMap<>();
        private final Map<String, byte[]> storedRecords = new HashMap<>();

        private Known(CompletableFuture<Map<String, byte[]>> reading) {
            this.reading = reading;
        }

        /** Whether any of the events was seen before. */
        boolean await() {
            Map<String, String> storeKeys = new HashMap<>();
            reading.join().forEach((eventId, idRecord) -> {
                if (idRecord != null) {
                    idRecords.put(eventId, idRecord);
                    String storeKey = Json.stringField(new String(idRecord, StandardCharsets.UTF_8), "key");
                    if (storeKey != null) {
                        storeKeys.put(eventId, storeKey);
                    }
                }
            });
            Map<String, byte[]> records =
                    entries.read(Names.EVENT_STORE, storeKeys.values()).join();
            storeKeys.forEach((eventId, storeKey) -> {
                byte[] record = records.get(storeKey);
                // An id is written before its record: after a crash between the two another event may have its place.
                if (record != null && Json.isOfEvent(new String(record, StandardCharsets.UTF_8), eventId)) {
                    storedRecords.put(eventId, record);
                }
            });
            return !idRecords.isEmpty();
        }

        byte[] idRecord(String eventId) {
            return idRecords.get(eventId);
        }

        byte[] storedRecord(String eventId) {
            return storedRecords.get(eventId);
        }
    }
}
