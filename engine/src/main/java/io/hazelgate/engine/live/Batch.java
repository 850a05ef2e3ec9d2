package io.hazelgate.engine.live;

import io.hazelgate.engine.projector.Outcome;
import java.util.ArrayList;
import java.util.List;

/** Events that go through the pipeline together, with what has become of each. Instants are microseconds since the epoch. */
final class Batch {
    final List<Received> events;
    final List<Outcome> outcomes;
    /** Per event: its record as it is in the store, or null where it is not stored. */
    final List<byte[]> records;

    /** Records that others have stored and that were put in front of these events; nobody may have published them. */
    final List<byte[]> found;

    /** Per event: what it has changed. */
    final List<Changed> changed;

    final long persistedAt;
    final long viewUpdatedAt;
    long publishedAt;
    long completedAt;

    Batch(
            List<Received> events,
            List<Outcome> outcomes,
            List<byte[]> records,
            List<byte[]> found,
            List<Changed> changed,
            long persistedAt,
            long viewUpdatedAt) {
        this.found = found;
        this.events = events;
        this.outcomes = outcomes;
        this.records = records;
        this.changed = changed;
        this.persistedAt = persistedAt;
        this.viewUpdatedAt = viewUpdatedAt;
    }

    /** What is to be published, in the order of storing. */
    List<Streamed> streamed() {
        List<Streamed> streamed = new ArrayList<>(found.size() + records.size());
        found.forEach(record -> streamed.add(Streamed.again(record)));
        for (int i = 0; i < records.size(); i++) {
            byte[] record = records.get(i);
            if (record != null) {
                Outcome outcome = outcomes.get(i);
                // An earlier run that has stored an event may have changed entries for it, and has told nobody.
                streamed.add(
                        outcome.isNew()
                                ? new Streamed(outcome.eventType(), outcome.storeKey(), record, changed.get(i))
                                : Streamed.again(record));
            }
        }
        return streamed;
    }
}
