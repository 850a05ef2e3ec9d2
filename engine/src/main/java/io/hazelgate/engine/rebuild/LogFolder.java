package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.logging.ILogger;
import io.hazelgate.engine.fold.Decisions;
import io.hazelgate.engine.fold.Replaying;
import io.hazelgate.engine.fold.Replays;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.log.EventLog;
import io.hazelgate.engine.log.LogPage;
import io.hazelgate.engine.log.ReadAhead;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.log.StoredEvent;
import java.util.List;

/**
 * Folds this member's part of the log into new generations, batch after batch.
 *
 * <p>A member that is alone has it replayed ({@link Replays}). Where others write into the same entries, or something is unusual, each
 * batch is folded for itself ({@link OneByOne}). An entry's marks say which events it has seen, so a batch may be folded again after
 * anything went wrong.
 */
final class LogFolder {
    static final int MAX_EVENTS = 2_000;
    private static final int MAX_BYTES = 4 * 1024 * 1024;
    private static final long SAVE_NANOS = 500_000_000;

    private final OwnedEvents log;
    private final Progress progress;
    private final ReadAhead pages = new ReadAhead();
    private final Replays<Reached> replays;
    private final OneByOne<Reached> oneByOne;
    /** Behind what was read, and behind what is written. */
    private String cursor;

    private String writtenCursor;
    private boolean atEnd;
    private long savedAtNanos = System.nanoTime();

    /** How far the writes under way bring it. */
    private record Reached(String cursor, int events) {}

    LogFolder(Store store, OwnedEvents log, Pipelines pipelines, Rebuild rebuild) {
        this.log = log;
        HazelcastInstance hazelcast = store.hazelcast();
        ILogger logger = hazelcast.getLoggingService().getLogger(LogFolder.class);
        // None is made about these views while they are built: RebuildRecords.building.
        Decisions decisions = Decisions.all(hazelcast);
        // Alone, a member may have the projector remember the entries; of several projectors each knows only its own
        // events.
        replays = new Replays<>(
                () -> new Replaying<>(
                        pipelines.all().get(0).projector(),
                        store.entries(),
                        rebuild.targets().keySet(),
                        rebuild::mapOf,
                        this::reached),
                () -> pipelines.all().size() == 1
                        && hazelcast.getCluster().getMembers().size() == 1,
                decisions,
                why -> logger.info("rebuild " + rebuild.id() + " folds some events one batch after the other: "
                        + why.getMessage()));
        oneByOne = new OneByOne<>(store, pipelines.all(), rebuild, decisions, this::reached);
        String beginning =
                rebuild.fromPosition() == 0 ? OwnedEvents.BEGINNING : EventLog.cursorAfter(rebuild.fromPosition());
        progress = new Progress(hazelcast, rebuild.id(), beginning);
        cursor = progress.start();
        writtenCursor = cursor;
    }

    /**
     * Folds the next batch; its writes may still be under way.
     *
     * @return how many events were read; 0 at the end, then everything is written, and where {@link #hasMoved}
     */
    synchronized int step(long upToPosition, int maxEvents) {
        while (true) {
            // What was read ahead is as it was settled then: nothing of it comes later.
            LogPage page = pages.next(cursor, maxEvents, after -> log.read(after, upToPosition, maxEvents, MAX_BYTES));
            List<StoredEvent> events = page.events();
            atEnd = page.isLast();
            if (events.isEmpty() || hasMoved()) {
                if (settle() || hasMoved()) {
                    return 0;
                }
            } else if (isTaken(events)) {
                cursor = events.get(events.size() - 1).cursor();
                return events.size();
            } else {
                cursor = writtenCursor;
            }
        }
    }

    /** Whether nothing was behind what the last step has read. A batch may be small, too, because its events are big. */
    synchronized boolean isAtEnd() {
        return atEnd;
    }

    /** False where a replay was given up: then everything behind what is written comes again. */
    private boolean isTaken(List<StoredEvent> events) {
        List<StoredEvent> fresh = events.stream().filter(progress::takes).toList();
        Reached reached = new Reached(events.get(events.size() - 1).cursor(), fresh.size());
        List<byte[]> records = fresh.stream().map(StoredEvent::record).toList();
        if (replays.takes(records)) {
            oneByOne.settle();
            return replays.add(records, reached);
        }
        boolean all = replays.end();
        if (all) {
            oneByOne.fold(fresh, reached);
        }
        return all;
    }

    private void reached(Reached reached) {
        progress.reached(reached.cursor, reached.events);
        writtenCursor = reached.cursor;
    }

    /** Whether lanes have come or gone since this began: another one has to go on, from what is on record. */
    boolean hasMoved() {
        return !progress.isCurrent();
    }

    /**
     * Folds everything up to a position; to be called while nothing new is stored.
     *
     * @return whether that is done; not where lanes move meanwhile
     */
    synchronized boolean drain(long upToPosition) {
        while (step(upToPosition, MAX_EVENTS) > 0) {
            // one batch after the other
        }
        boolean all = !hasMoved();
        progress.save(all);
        return all;
    }

    /** Puts on record what is folded, for the one that goes on. */
    synchronized void end() {
        settle();
        progress.save(false);
    }

    /** Asks the projectors no more. */
    synchronized void close() {
        replays.close();
        oneByOne.close();
    }

    /** Puts on record how far it is, now and then; always when it is about having caught up. */
    synchronized void save(boolean caughtUp) {
        if (caughtUp || System.nanoTime() - savedAtNanos > SAVE_NANOS) {
            boolean all = replays.isUnderWay() && !caughtUp || settle();
            progress.save(caughtUp && all);
            savedAtNanos = System.nanoTime();
        }
    }

    /** Waits until everything that was read is written; false where some of it has to be read again. */
    private boolean settle() {
        oneByOne.settle();
        boolean all = replays.settle();
        if (!all) {
            cursor = writtenCursor;
        }
        return all;
    }
}
