package io.hazelgate.engine.live;

import io.hazelgate.engine.projector.Outcome;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Events that go through the pipeline together, with what has become of each. Instants are microseconds since the epoch. */
final class Batch {
    final List<Received> events;
    final List<Outcome> outcomes;
    /** Per event: its record as it is in the store, or null where it is not stored. */
    final List<byte[]> records;

    /** Records that others have stored and that were put in front of these events; nobody may have published them. */
    final List<byte[]> found;

    final long persistedAt;
    final long viewUpdatedAt;
    long publishedAt;
    long completedAt;

    Batch(
            List<Received> events,
            List<Outcome> outcomes,
            List<byte[]> records,
            List<byte[]> found,
            long persistedAt,
            long viewUpdatedAt) {
        this.found = found;
        this.events = events;
        this.outcomes = outcomes;
        this.records = records;
        this.persistedAt = persistedAt;
        this.viewUpdatedAt = viewUpdatedAt;
    }

    /** What is to be published, in the order of storing. */
    List<byte[]> storedRecords() {
        return Stream.concat(found.stream(), records.stream().filter(Objects::nonNull))
                .toList();
    }
}
