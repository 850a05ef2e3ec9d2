package io.hazelgate.engine.rebuild;

import io.hazelgate.engine.index.Indexes;
import io.hazelgate.engine.log.EventLog;
import io.hazelgate.engine.log.PostgresEventLog;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.log.StoredEvent;
import java.util.List;
import java.util.function.LongSupplier;

/** The stored events of this member's lanes, in the order of their cursors. */
public interface OwnedEvents {
    /** Those of the log of a member. */
    static OwnedEvents of(Store store, Indexes indexes) {
        return store.log() instanceof PostgresEventLog durable
                ? new OwnedInPostgres(store.hazelcast(), durable)
                : new OwnedInMemory(store.hazelcast(), indexes);
    }

    /** Before every event. */
    String BEGINNING = "";

    /**
     * The next events.
     *
     * @param after the cursor that they come after
     * @param upToPosition the last position that they may have: what lies above may not be stored as a whole yet
     * @return at most so many events; none at the end
     */
    List<StoredEvent> read(String after, long upToPosition, int maxEvents, int maxBytes);

    /** How many events there are, on all members. */
    long size();

    /**
     * The size, to be asked for later and known in a moment then: counting a long log takes a while.
     *
     * @param settled a position at or below which nothing is stored any more
     * @param base what is known of the events up to an earlier one; null where nothing is
     */
    default LongSupplier sizeSoon(long settled, Base base) {
        return this::size;
    }

    /** The cursor that every event at or below a position is before, and every later one after. */
    static String cursorAfter(long position) {
        return EventLog.cursorAfter(position);
    }
}
