package io.hazelgate.engine.restore;

import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.Engine;
import io.hazelgate.engine.fold.Decisions;
import io.hazelgate.engine.log.EventLog;
import io.hazelgate.engine.log.KnownRecord;
import io.hazelgate.engine.log.PostgresEventLog;
import io.hazelgate.engine.log.StoreKey;
import io.hazelgate.engine.log.StoredEvent;
import io.hazelgate.engine.network.Turns.Turn;
import io.hazelgate.engine.snapshot.Manifest;
import io.hazelgate.engine.snapshot.SnapshotUnusable;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/**
 * Brings views, heads and recent events back from a durable log into a cluster that has just begun, before it takes its first event.
 *
 * <p>One member does it, in its turn; should it die, another begins anew: entries skip what they have. The members agree here, too, on
 * where the log is: one that keeps events in memory must not answer for a cluster that keeps them in PostgreSQL.
 */
public final class Recovery {
    private static final String TURN = "recovery";
    private static final String STATE = "state";
    private static final String KEPT_IN = "kept-in";
    private static final String DONE = "DONE";
    private static final int PAGE_EVENTS = 1_000;

    private final Engine engine;
    private final IMap<String, String> shared;
    private final int recentEvents;
    private final ILogger log;
    private final CountDownLatch done = new CountDownLatch(1);
    private volatile String problem = "starting";

    public Recovery(Engine engine, int recentEvents) {
        this.engine = engine;
        this.recentEvents = recentEvents;
        shared = engine.hazelcast().getMap(Names.RECOVERY);
        log = engine.hazelcast().getLoggingService().getLogger(Recovery.class);
    }

    /** Why no event is taken yet, in a sentence; null when nothing is left to do. */
    public String problem() {
        return done.getCount() == 0 ? null : problem;
    }

    /** Returns when events may be processed. */
    public void await() throws InterruptedException {
        done.await();
    }

    /** Goes on with it, if it is this member's turn. */
    public void look() {
        if (done.getCount() == 0 || !agrees()) {
            return;
        }
        if (!(engine.eventLog() instanceof PostgresEventLog eventLog)) {
            done.countDown();
            return;
        }
        String state = shared.get(STATE);
        if (DONE.equals(state)) {
            engine.indexes().look();
            done.countDown();
            return;
        }
        problem = "recovering: " + (state == null ? "0" : state) + " %";
        if (eventLog.problem() != null || !engine.projectorsAreReady()) {
            return;
        }
        try (Turn turn = engine.turns().take(TURN)) {
            if (turn != null && !DONE.equals(shared.get(STATE))) {
                recover(eventLog);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean agrees() {
        String here = engine.eventLog().isDurable() ? "PostgreSQL" : "memory";
        String there = shared.putIfAbsent(KEPT_IN, here);
        if (there == null || there.equals(here)) {
            return true;
        }
        problem = "this member keeps events in " + here + ", its cluster in " + there
                + ": start all members with the same --postgres-dsn";
        return false;
    }

    private void recover(PostgresEventLog eventLog) throws InterruptedException {
        long startedAt = Clock.micros();
        long total = eventLog.count();
        engine.lanes().continueBehind(eventLog.lastPosition());
        List<Change> decided = new ArrayList<>();
        eventLog.decisions().forEach((id, decision) -> decided.add(Change.set(id, decision)));
        engine.entries().change(Names.DEAD_LETTER_DECISIONS, decided).join();
        String recentFrom = eventLog.cursorBeforeNewest(recentEvents);
        Manifest snapshot = loadSnapshot();
        String begin = snapshot == null ? null : EventLog.cursorAfter(snapshot.position());
        long[] restored = {snapshot == null ? 0 : snapshot.events()};
        new LogReplay(engine, eventLog, Decisions.all(engine), begin, page -> {
                    remember(page.stream()
                            .filter(event -> event.cursor().compareTo(recentFrom) > 0)
                            .toList());
                    restored[0] += page.size();
                    String percent = String.valueOf(Math.min(99, restored[0] * 100 / Math.max(1, total)));
                    shared.set(STATE, percent);
                    problem = "recovering: " + percent + " %";
                })
                .run();
        engine.indexes().look();
        log.info(restored[0] + " events restored from PostgreSQL in " + (Clock.micros() - startedAt) / 1_000 + " ms"
                + (snapshot == null ? "" : ", " + snapshot.events() + " of them by snapshot " + snapshot.id()));
        // A snapshot may be older than what was decided about the letters in it.
        engine.deadLetters().retryAll(decided.stream().map(Change::key).toList());
        shared.set(STATE, DONE);
        done.countDown();
        if (snapshot != null) {
            rememberBetween(eventLog, recentFrom, begin);
        }
    }

    /** The newest snapshot that is whole and fits, loaded; null where there is none. */
    private Manifest loadSnapshot() {
        if (!engine.snapshots().areKept()) {
            return null;
        }
        Map<String, Set<String>> codes = new LinkedHashMap<>();
        Map<String, String> maps = new LinkedHashMap<>();
        for (String view : engine.rebuilds().viewsWithIndexes().keySet()) {
            codes.put(view, engine.rebuilds().codeOf(view));
            maps.put(view, engine.generations().liveMap(view));
        }
        maps.put(Names.AGGREGATE_HEADS, Names.AGGREGATE_HEADS);
        maps.put(Names.DEAD_LETTER_DECISIONS, Names.DEAD_LETTER_DECISIONS);
        maps.put(Names.DEAD_LETTER_EVENTS, Names.DEAD_LETTER_EVENTS);
        for (Manifest each : engine.snapshots().forStart(codes)) {
            try {
                // Whoever had begun before may have left something of another snapshot.
                maps.values().forEach(map -> engine.hazelcast().getMap(map).clear());
                Manifest loaded = engine.snapshots().load(each.id(), maps, () -> true);
                codes.keySet().forEach(view -> engine.generations()
                        .set(
                                view,
                                engine.generations()
                                        .of(view)
                                        .with(loaded.views().get(view))));
                return loaded;
            } catch (SnapshotUnusable e) {
                log.warning(e.getMessage() + ": it is not used, the next older one is tried");
                maps.values().forEach(map -> engine.hazelcast().getMap(map).clear());
            }
        }
        return null;
    }

    /** The recent events that did not have to be folded. Who looks for one of them meanwhile finds it in the log. */
    private void rememberBetween(PostgresEventLog eventLog, String after, String upTo) {
        String cursor = after;
        while (cursor.compareTo(upTo) < 0) {
            List<StoredEvent> page = eventLog.read(null, cursor, PAGE_EVENTS);
            if (page.isEmpty()) {
                return;
            }
            remember(page.stream()
                    .filter(event -> event.cursor().compareTo(upTo) <= 0)
                    .toList());
            cursor = page.get(page.size() - 1).cursor();
        }
    }

    private void remember(List<StoredEvent> events) {
        List<Change> ids = new ArrayList<>(events.size());
        List<Change> records = new ArrayList<>(events.size());
        for (StoredEvent event : events) {
            KnownRecord known = new KnownRecord(event.record(), event.payloadHash());
            ids.add(Change.set(known.eventId(), known.idRecord()));
            records.add(Change.set(StoreKey.of(event.record()).toString(), event.record()));
        }
        engine.entries().change(Names.EVENT_IDS, ids).join();
        engine.entries().change(Names.EVENT_STORE, records).join();
    }
}
