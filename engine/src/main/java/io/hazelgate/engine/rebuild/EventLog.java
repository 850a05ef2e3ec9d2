package io.hazelgate.engine.rebuild;

import java.util.List;

/** The stored events of this member's lanes, in the order of their cursors. */
public interface EventLog {
    /** Before every event. */
    String BEGINNING = "";

    /** @param lane the event's lane, as in its cursor */
    record StoredEvent(String cursor, int lane, byte[] record) {}

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

    /** The cursor that every event at or below a position is before, and every later one after. */
    static String cursorAfter(long position) {
        return io.hazelgate.engine.store.EventLog.cursorAfter(position);
    }
}
