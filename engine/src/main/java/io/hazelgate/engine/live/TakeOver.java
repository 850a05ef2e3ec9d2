package io.hazelgate.engine.live;

import io.hazelgate.engine.log.KnownEvents;
import io.hazelgate.engine.log.LogAway;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Takes over the lanes that a batch needs and that are not owned yet. */
record TakeOver(Store store, OwnedLanes owned, EventTypes eventTypes) {
    /**
     * The records that the owner before has stored and not completed, in the order of storing. They are still pending, and go in front of
     * the batch.
     */
    List<byte[]> of(List<Received> events) {
        Set<Integer> missing = owned.missing(events);
        if (missing.isEmpty()) {
            return List.of();
        }
        Set<String> ids = Received.idsOf(events);
        owned.take(missing);
        List<String> pending = owned.pendingKeys(missing).stream()
                .map(Names::eventIdOf)
                .filter(eventId -> !ids.contains(eventId))
                .toList();
        KnownEvents known = new KnownEvents(store.entries(), store.log(), pending);
        try {
            known.await();
            known.learn(store.log().find(pending));
        } catch (LogAway e) {
            // Not ours before it is known what was stored in them.
            missing.forEach(owned::lose);
            throw e;
        }
        return pending.stream()
                .map(known::storedRecord)
                .filter(record -> record != null && eventTypes.receives(Json.stringField(record, "eventType")))
                .sorted(Comparator.comparing(record -> Json.stringField(record, "cursor")))
                .toList();
    }
}
