package io.hazelgate.engine.log;

import com.hazelcast.core.HazelcastInstance;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/**
 * The log of all stored events.
 *
 * <p>In memory the maps themselves are the log ({@link MemoryEventLog}): it keeps and knows nothing beyond them, as the default methods have it. With PostgreSQL the maps hold what is recent, and the log
 * is the table ({@link PostgresEventLog}): whatever is in a map is committed there.
 */
public interface EventLog extends AutoCloseable {
    default boolean isDurable() {
        return false;
    }

    /** Whether it is known how the log stands: a member that has just started has not asked yet. */
    default boolean isAsked() {
        return true;
    }

    /** Tells this log from any other: a place in one says nothing of another. */
    String id(HazelcastInstance hazelcast);

    /** Why nothing can be stored just now, in a sentence; null when all is well. */
    default String problem() {
        return null;
    }

    /**
     * From now on this run of a pipeline, and no other, stores events in these lanes. What another has begun to store there is stored
     * when this returns, or never will be.
     *
     * @throws LogAway it is not known whether they are its own
     */
    default void own(Collection<Integer> lanes, UUID run) {}

    /**
     * Stores events for good, all or none, before they go into the maps.
     *
     * @param run who stores them
     * @throws LanesTakenOver some of their lanes are another's by now
     * @throws StoreConflict some of them, or others in their places, are in the log already
     * @throws LogAway it is not known whether they are stored: to be tried again
     */
    default void append(List<NewEvent> events, UUID run) throws StoreConflict, LanesTakenOver {}

    /** What the log has of these ids beyond what the maps tell. Ids that it does not know are left out. */
    default Map<String, StoredEvent> find(Collection<String> eventIds) {
        return Map.of();
    }

    /** The records under these keys of {@code event-store} beyond what the maps tell. Keys without a record are left out. */
    default Map<String, byte[]> records(Collection<String> storeKeys) {
        return Map.of();
    }

    /**
     * A page of the log in the order of cursors, which within a lane is the order of storing.
     *
     * <p>A member's processor stores in that order in all of its lanes. Between members an event with a lower cursor may come later: who
     * follows the log while it grows keeps a position per lane.
     *
     * @param lanes which lanes are wanted; null for all. In memory a member reads its own partitions only, so each member is asked.
     * @param afterCursor the page begins behind it; null: at the beginning
     */
    default List<StoredEvent> read(Collection<Integer> lanes, String afterCursor, int limit) {
        return read(lanes, afterCursor, null, limit, Integer.MAX_VALUE).events();
    }

    /**
     * The same, with more that ends it.
     *
     * @param beforeCursor none comes that is not before it; null: the page may go to the log's end
     * @param maxBytes once its records have as many, it is full
     */
    LogPage read(Collection<Integer> lanes, String afterCursor, String beforeCursor, int limit, int maxBytes);

    /**
     * Somebody's turn at a dead letter begins: whoever had it before decides nothing any more.
     *
     * @throws LogAway it is not known whether that is so: to be tried again
     */
    default Decider decider(String deadLetterId) {
        return Decider.OF_MAPS;
    }

    /** All decisions beyond what the maps tell, by the id of the dead letter. */
    default Map<String, byte[]> decisions() {
        return Map.of();
    }

    /** How many events there are; in memory, in this member's partitions. */
    long count();

    /** How many events of the whole cluster are at or below a position. */
    long countUpTo(long position);

    /** Whether the whole cluster has events above a position. */
    boolean hasEventsAfter(long position);

    /** No event has a later one. */
    long LAST_POSITION = 9_999_999_999_999_999L;

    /** The cursor that every event at or below a position is before, and every later one after. */
    static String cursorAfter(long position) {
        return String.format(Locale.ROOT, "%016d-~", position);
    }

    @Override
    default void close() {}

    /**
     * An event that is to be stored.
     *
     * @param idRecord what {@code event-ids} is to say of it; it has the hash of what was submitted
     * @param record the record's JSON
     */
    record NewEvent(String eventId, byte[] idRecord, byte[] record) {}

    /** Some lanes of a batch have another owner by now: nothing of the batch was stored. */
    final class LanesTakenOver extends Exception {
        public final transient List<Integer> lanes;

        LanesTakenOver(List<Integer> lanes) {
            super("lanes " + lanes + " have another owner", null, false, false);
            this.lanes = lanes;
        }
    }

    /**
     * The store has events that this batch took for new, or others in the places that it wanted: an earlier run stored them and died before
     * it had told anybody, or somebody sends an event again that is too old to be in the maps. Nothing of the batch was stored. It is
     * tried again with what was found.
     */
    final class StoreConflict extends Exception {
        public final transient List<byte[]> found;
        public final transient Map<String, StoredEvent> known;

        /**
         * @param found records of other events, to be applied in front of the batch
         * @param known by event id, what the store has of events of the batch itself
         */
        public StoreConflict(List<byte[]> found, Map<String, StoredEvent> known) {
            super(found.size() + known.size() + " records were in the store already", null, false, false);
            this.found = found;
            this.known = known;
        }
    }
}
