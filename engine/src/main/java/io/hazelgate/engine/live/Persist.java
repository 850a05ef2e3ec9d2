package io.hazelgate.engine.live;

import io.hazelgate.engine.log.EventLog.LanesTakenOver;
import io.hazelgate.engine.log.EventLog.NewEvent;
import io.hazelgate.engine.log.EventLog.StoreConflict;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.log.StoredEvent;
import io.hazelgate.engine.projector.Input;
import io.hazelgate.engine.projector.Outcome;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The step "persist": the log first, where it is not the maps; then ids, then the store: an id without its record is a claim that nobody
 * relies on. Both only where nothing has changed since it was read: a run that was left behind must not give an event another place, or
 * another answer.
 *
 * @param refusalTtlMillis how long a refusal is remembered
 */
record Persist(Store store, OwnedLanes owned, long refusalTtlMillis) {

    /** Answers the record of each event as it is in the store; null where it is not. Who waits for no more than that is told. */
    List<byte[]> persist(List<Received> events, List<Outcome> outcomes, List<Input> inputs, long persistedAt)
            throws StoreConflict, LanesTakenOver {
        List<NewEvent> newEvents = new ArrayList<>(outcomes.size());
        List<String> refused = new ArrayList<>();
        List<Change> ids = new ArrayList<>(outcomes.size());
        List<Change> stored = new ArrayList<>(outcomes.size());
        Map<String, String> eventOfStoreKey = new HashMap<>();
        List<byte[]> records = new ArrayList<>(outcomes.size());
        byte[] prefix = Json.bytes("{\"persistedAt\":\"" + Clock.iso(persistedAt) + "\",");
        for (int i = 0; i < outcomes.size(); i++) {
            Outcome outcome = outcomes.get(i);
            String eventId = events.get(i).eventId();
            byte[] record = null;
            if (outcome.isNew()) {
                record = spliced(prefix, outcome.record());
                newEvents.add(new NewEvent(eventId, outcome.idRecord(), record));
                ids.add(Change.setIfSame(eventId, inputs.get(i).idRecord(), outcome.idRecord()));
                stored.add(Change.setIfSame(outcome.storeKey(), null, record));
                eventOfStoreKey.put(outcome.storeKey(), eventId);
            } else if (outcome.isStoredBefore()) {
                record = inputs.get(i).storedRecord();
            } else if (outcome.isNewRefusal()) {
                refused.add(eventId);
                ids.add(Change.setIfSameFor(eventId, inputs.get(i).idRecord(), outcome.idRecord(), refusalTtlMillis));
            }
            records.add(record);
        }
        requireUnknown(refused);
        store.log().append(newEvents, owned.run());
        if (!store.entries().change(Names.EVENT_IDS, ids).join().isEmpty()) {
            // Another run was faster: what it did with these events is looked up.
            throw new StoreConflict(List.of(), Map.of());
        }
        store(stored, eventOfStoreKey);
        sendNotices(outcomes, persistedAt);
        return records;
    }

    /** A refused event that the log has is a repeated one, too old for the maps: the first answer holds. */
    private void requireUnknown(List<String> refused) throws StoreConflict {
        Map<String, StoredEvent> inLog = store.log().find(refused);
        if (!inLog.isEmpty()) {
            throw new StoreConflict(List.of(), inLog);
        }
    }

    private void store(List<Change> stored, Map<String, String> eventOfStoreKey) throws StoreConflict {
        Map<String, byte[]> present =
                store.entries().changeAsOwner(Names.EVENT_STORE, stored, owned).join();
        if (present.isEmpty()) {
            return;
        }
        List<byte[]> others = new ArrayList<>();
        present.forEach((storeKey, record) -> {
            // The same event under the same key, stored by another run: its id leads to it now.
            if (!Json.isOfEvent(record, eventOfStoreKey.get(storeKey))) {
                others.add(record);
            }
        });
        throw new StoreConflict(others, Map.of());
    }

    private void sendNotices(List<Outcome> outcomes, long persistedAt) {
        Notices notices = new Notices(store.hazelcast());
        String stamp = ",\"persistedAt\":\"" + Clock.iso(persistedAt) + "\"}";
        for (Outcome outcome : outcomes) {
            if (outcome.notifyStored() && outcome.isNew()) {
                notices.add(outcome.replyTo(), Notices.asStored(outcome.completion()), stamp);
            }
        }
        notices.send();
    }

    private static byte[] spliced(byte[] prefix, byte[] object) {
        return ByteBuffer.allocate(prefix.length + object.length - 1)
                .put(prefix)
                .put(object, 1, object.length - 1)
                .array();
    }
}
