package io.hazelgate.engine.restore;

import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.index.Indexes;
import io.hazelgate.engine.letters.DeadLetters;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.live.Shared;
import io.hazelgate.engine.log.EventLog;
import io.hazelgate.engine.log.EventMaps;
import io.hazelgate.engine.log.LogAway;
import io.hazelgate.engine.log.PostgresEventLog;
import io.hazelgate.engine.log.Readiness;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.log.StoredEvent;
import io.hazelgate.engine.network.TurnLost;
import io.hazelgate.engine.network.Turns.Turn;
import io.hazelgate.engine.rebuild.RebuildRecords;
import io.hazelgate.engine.rebuild.Rebuilds;
import io.hazelgate.engine.snapshot.Manifest;
import io.hazelgate.engine.snapshot.SnapshotUnusable;
import io.hazelgate.engine.snapshot.Snapshots;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;

/**
 * Brings views, heads and recent events back from a durable log into a cluster that has just begun, before it takes its first event; and
 * into one that has lost partitions with all their copies.
 *
 * <p>One member does it, in its turn; should it die, another begins anew: entries skip what they have. The members agree here, too, on
 * where the log is: one that keeps events in memory must not answer for a cluster that keeps them in PostgreSQL.
 */
public final class Recovery {
    /** The turn, and the state's key: who has lost the one does not write the other. */
    private static final String STATE = "state";

    private static final String KEPT_IN = "kept-in";
    private static final String DONE = "DONE";
    private static final int PAGE_EVENTS = 1_000;
    /** Gateways ask every second whether they may read. */
    private static final long GATEWAYS_KNOW_MILLIS = 1_500;

    private final Shared parts;
    private final Store store;
    private final Indexes indexes;
    private final Pipelines pipelines;
    private final Snapshots snapshots;
    private final DeadLetters letters;
    private final Losses losses;
    private final ImportWatch watch;
    private final Rebuilds rebuilds;
    private final RebuildRecords rebuildRecords;
    private final Readiness readiness;
    private final IMap<String, String> shared;
    private final int recentEvents;
    private final ILogger log;

    public Recovery(
            Shared parts,
            Indexes indexes,
            Pipelines pipelines,
            Snapshots snapshots,
            DeadLetters letters,
            Losses losses,
            ImportWatch watch,
            Rebuilds rebuilds,
            RebuildRecords rebuildRecords,
            int recentEvents) {
        this.losses = losses;
        this.watch = watch;
        this.rebuilds = rebuilds;
        this.rebuildRecords = rebuildRecords;
        this.parts = parts;
        this.indexes = indexes;
        this.pipelines = pipelines;
        this.snapshots = snapshots;
        this.letters = letters;
        this.recentEvents = recentEvents;
        store = parts.store();
        readiness = parts.readiness();
        shared = store.hazelcast().getMap(Names.RECOVERY);
        log = store.hazelcast().getLoggingService().getLogger(Recovery.class);
    }

    public void look() {
        if (losses.areToBeRestored()) {
            losses.hold();
        }
        if (readiness.restoringProblem() == null || !agrees()) {
            return;
        }
        if (!(store.log() instanceof PostgresEventLog eventLog)) {
            readiness.restoring(null);
            return;
        }
        String lost = losses.onRecord();
        String state = shared.get(STATE);
        if (DONE.equals(state) && lost == null) {
            indexes.look();
            readiness.restoring(null);
            return;
        }
        readiness.restoring("recovering: " + (state == null ? "0" : state) + " %");
        if (eventLog.problem() != null || !pipelines.areReady()) {
            return;
        }
        try (Turn turn = parts.turns().take(STATE)) {
            if (turn != null && (lost == null ? !DONE.equals(shared.get(STATE)) : isClusterSafe())) {
                Store fenced = store.under(turn.fence());
                if (lost == null || forget(turn, fenced)) {
                    recover(turn, fenced, eventLog, lost);
                }
            }
        } catch (TurnLost e) {
            log.warning("another member restores the views: " + e.getMessage());
        } catch (CompletionException e) {
            log.warning(
                    "another member restores the views: " + TurnLost.orElse(e).getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean agrees() {
        String here = store.log().isDurable() ? "PostgreSQL" : "memory";
        String there = shared.putIfAbsent(KEPT_IN, here);
        if (there == null || there.equals(here)) {
            return true;
        }
        readiness.restoring("this member keeps events in " + here + ", its cluster in " + there
                + ": start all members with the same --postgres-dsn");
        return false;
    }

    /**
     * After a loss all begins anew, as at a start: an entry that was lost may have been made again without the events before. False
     * where that can't be yet.
     */
    private boolean forget(Turn turn, Store fenced) throws InterruptedException {
        turn.write(shared, STATE, "0");
        try {
            watch.holdAll(ImportWatch.LOST);
        } catch (IllegalArgumentException e) {
            log.info("what was lost is not restored yet: " + e.getMessage());
            return false;
        }
        Thread.sleep(GATEWAYS_KNOW_MILLIS);
        for (String id = rebuildRecords.building("*"); id != null; id = rebuildRecords.building("*")) {
            rebuilds.cancel(id);
        }
        // Where a view is live may be lost, too: it is in its first map then, of which an earlier generation may have
        // something.
        store.generations().look();
        pipelines.viewsWithIndexes().keySet().forEach(view -> {
            store.generations().set(view, store.generations().of(view).with(List.copyOf(pipelines.codeOf(view))));
            rebuilds.drop(view);
        });
        pipelines.viewsWithIndexes().forEach(store.generations()::declare);
        List<String> maps = new ArrayList<>(List.of(Names.AGGREGATE_HEADS, Names.DEAD_LETTER_EVENTS));
        pipelines
                .viewsWithIndexes()
                .keySet()
                .forEach(view -> maps.add(store.generations().liveMap(view)));
        clear(fenced, maps);
        return true;
    }

    private boolean isClusterSafe() {
        return store.hazelcast().getPartitionService().isClusterSafe();
    }

    private static void clear(Store fenced, Collection<String> maps) {
        maps.forEach(map -> fenced.entries().clear(map).join());
    }

    /**
     * @param fenced what is written into, as long as the turn is this member's
     * @param lost what was on record of lost partitions; null: the cluster has just begun
     */
    private void recover(Turn turn, Store fenced, PostgresEventLog eventLog, String lost) throws InterruptedException {
        EventMaps recent = new EventMaps(fenced.entries());
        long startedAt = Clock.micros();
        long last = eventLog.lastPosition();
        parts.lanes().continueBehind(last);
        List<Change> decided = new ArrayList<>();
        eventLog.decisions().forEach((id, decision) -> decided.add(Change.set(id, decision)));
        fenced.entries().change(Names.DEAD_LETTER_DECISIONS, decided).join();
        String recentFrom = eventLog.cursorBeforeNewest(recentEvents);
        Manifest snapshot = loadSnapshot(fenced);
        String begin = snapshot == null ? null : EventLog.cursorAfter(snapshot.position());
        long[] restored = {snapshot == null ? 0 : snapshot.events()};
        long[] first = {snapshot == null ? 0 : snapshot.position()};
        new LogReplay(fenced, pipelines, begin, page -> {
                    recent.put(page.stream()
                            .filter(event -> event.cursor().compareTo(recentFrom) > 0)
                            .toList());
                    restored[0] += page.size();
                    first[0] = first[0] == 0 ? page.get(0).position() : first[0];
                    // By positions: counting a long log takes longer than one may wait for a start.
                    long reached = page.get(page.size() - 1).position() - first[0];
                    String percent = String.valueOf(Math.min(99, reached * 100 / Math.max(1, last - first[0])));
                    turn.write(shared, STATE, percent);
                    readiness.restoring("recovering: " + percent + " %");
                })
                .run();
        indexes.look();
        log.info(restored[0] + " events restored from PostgreSQL in " + (Clock.micros() - startedAt) / 1_000 + " ms"
                + (snapshot == null ? "" : ", " + snapshot.events() + " of them by snapshot " + snapshot.id()));
        // A snapshot may be older than what was decided about the letters in it.
        letters.retryAll(decided.stream().map(Change::key).toList());
        turn.write(shared, STATE, DONE);
        if (lost != null) {
            losses.restored(lost);
        }
        readiness.restoring(null);
        if (snapshot != null) {
            rememberBetween(eventLog, recent, recentFrom, begin);
        }
    }

    /** The newest snapshot that is whole and fits, loaded; null where there is none. */
    private Manifest loadSnapshot(Store fenced) {
        if (!snapshots.areKept()) {
            return null;
        }
        Map<String, Set<String>> codes = new LinkedHashMap<>();
        Map<String, String> maps = new LinkedHashMap<>();
        for (String view : pipelines.viewsWithIndexes().keySet()) {
            codes.put(view, pipelines.codeOf(view));
            maps.put(view, store.generations().liveMap(view));
        }
        maps.put(Names.AGGREGATE_HEADS, Names.AGGREGATE_HEADS);
        maps.put(Names.DEAD_LETTER_DECISIONS, Names.DEAD_LETTER_DECISIONS);
        maps.put(Names.DEAD_LETTER_EVENTS, Names.DEAD_LETTER_EVENTS);
        for (Manifest each : snapshots.forStart(codes)) {
            try {
                // Whoever had begun before may have left something of another snapshot.
                clear(fenced, maps.values());
                Manifest loaded = snapshots.load(fenced, each.id(), maps, () -> true);
                codes.keySet().forEach(view -> store.generations()
                        .set(
                                view,
                                store.generations().of(view).with(loaded.views().get(view))));
                return loaded;
            } catch (SnapshotUnusable e) {
                log.warning(e.getMessage() + ": it is not used, the next older one is tried");
                clear(fenced, maps.values());
            } catch (LogAway e) {
                log.warning(
                        "whether snapshot " + each.id() + " is of this log can't be said, so the views are built from"
                                + " the first event: " + e.getMessage());
                clear(fenced, maps.values());
                return null;
            }
        }
        return null;
    }

    /** The recent events that did not have to be folded. Who looks for one of them meanwhile finds it in the log. */
    private static void rememberBetween(PostgresEventLog eventLog, EventMaps recent, String after, String upTo) {
        String cursor = after;
        while (cursor.compareTo(upTo) < 0) {
            List<StoredEvent> page = eventLog.read(null, cursor, PAGE_EVENTS);
            if (page.isEmpty()) {
                return;
            }
            recent.put(page.stream()
                    .filter(event -> event.cursor().compareTo(upTo) <= 0)
                    .toList());
            cursor = page.get(page.size() - 1).cursor();
        }
    }
}
