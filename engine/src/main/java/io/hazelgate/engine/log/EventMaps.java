package io.hazelgate.engine.log;

import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Names;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** Stored events in the maps: each has its id in {@code event-ids} and its record in {@code event-store}. */
public record EventMaps(Entries entries) {

    public void put(List<StoredEvent> events) {
        change(Names.EVENT_IDS, events, event -> Change.set(event.eventId(), event.idRecord()));
        change(Names.EVENT_STORE, events, event -> Change.set(event.place().toString(), event.record()));
    }

    /**
     * Puts events that may be there already.
     *
     * @throws IllegalArgumentException another one has the id or the place of one of them
     */
    public void putWhereFree(List<StoredEvent> events) {
        requireNone(
                "another event has the id ",
                change(Names.EVENT_IDS, events, event -> Change.setIfSame(event.eventId(), null, event.idRecord())));
        requireNone(
                "another event has the place ",
                change(
                        Names.EVENT_STORE,
                        events,
                        event -> Change.setIfSame(event.place().toString(), null, event.record())));
    }

    public void remove(List<StoredEvent> events) {
        change(Names.EVENT_IDS, events, event -> Change.remove(event.eventId()));
        change(Names.EVENT_STORE, events, event -> Change.remove(event.place().toString()));
    }

    /** The keys of the refused ones. */
    private Set<String> change(String map, List<StoredEvent> events, Function<StoredEvent, Change> change) {
        return entries.change(map, events.stream().map(change).toList()).join().keySet();
    }

    private static void requireNone(String problem, Set<String> refused) {
        refused.stream().findFirst().ifPresent(key -> {
            throw new IllegalArgumentException(problem + key);
        });
    }
}
