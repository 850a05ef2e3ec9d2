package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import com.hazelcast.query.Predicates;
import io.hazelgate.engine.letters.DeadLetters;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.network.AllMembers;
import io.hazelgate.engine.snapshot.Settled;
import io.hazelgate.engine.views.Generation;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Ids;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/**
 * The end of a rebuild, led by one member: all gates closed, the rest of the log folded, every view switched in one step, all gates
 * opened. Nothing is stored meanwhile, so the new generations hold exactly the events of the old ones.
 */
final class Switching {
    static final String COMPARE = "compare";
    /** Makes the indexes of the new generations: nobody waits for them once the views are switched. */
    static final String SORT = "sort";

    static final String CLOSE = "close";
    static final String COMPARE_AGAIN = "compareAgain";
    static final String LOOK = "look";
    static final String OPEN = "open";

    /** How long a running batch may take to end. */
    static final long CLOSE_MILLIS = 3_000;
    /** How long a gate stays closed at most. */
    static final long HOLD_MILLIS = 20_000;
    /** After this long the leader gives up, well before a gate opens by itself. */
    private static final long PATIENCE_MILLIS = 10_000;

    private static final long COMPARE_MILLIS = 600_000;

    private final Rebuilds rebuilds;
    private final Store store;
    private final AllMembers members;
    private final Settled settled;
    private final DeadLetters letters;
    private final Pipelines pipelines;
    private final HazelcastInstance hazelcast;
    private final Rebuild rebuild;
    private final ILogger log;
    /**
     * Letters of the generations before that the fresh folds did not open: their events are in the views that are live now. Those of a
     * snapshot that was older than what was decided about them. And those of a generation that is live again which were resolved while
     * it was not.
     */
    private final List<String> settledLetters = new ArrayList<>();

    Switching(
            Rebuilds rebuilds,
            Store store,
            AllMembers members,
            Settled settled,
            DeadLetters letters,
            Pipelines pipelines,
            Rebuild rebuild) {
        this.rebuilds = rebuilds;
        this.store = store;
        this.members = members;
        this.settled = settled;
        this.letters = letters;
        this.pipelines = pipelines;
        this.rebuild = rebuild;
        hazelcast = store.hazelcast();
        log = hazelcast.getLoggingService().getLogger(Switching.class);
    }

    /** Returns whether it is done; otherwise a member could not stand still just now, and it is tried again. */
    boolean run() {
        boolean comparing = rebuild.kind() == Rebuild.Kind.DIFF;
        try {
            askAll(comparing ? COMPARE : SORT, COMPARE_MILLIS);
            // What the generation before surely has: closed gates alone don't tell, where a member has died in a batch.
            long complete = settled.position();
            Base base = Base.find(hazelcast, rebuild.id());
            LongSupplier size = rebuild.fromPosition() == 0 ? rebuilds.log().sizeSoon(complete, base) : null;
            long begun = System.nanoTime();
            List<JsonObject> closed = askAll(CLOSE, PATIENCE_MILLIS);
            if (closed.stream().anyMatch(answer -> !answer.getBoolean("done", false)) || !isStillRunning()) {
                return false;
            }
            if (size != null && !isComplete(base, size.getAsLong())) {
                rebuilds.end(
                        rebuild,
                        Rebuild.Status.FAILED,
                        "lanes changed hands while they were read, and not every event was seen: start it anew",
                        0);
                return true;
            }
            if (comparing) {
                long differences = askAll(COMPARE_AGAIN, PATIENCE_MILLIS).stream()
                        .mapToLong(answer -> answer.getLong("differences", 0))
                        .sum();
                rebuilds.end(rebuild, Rebuild.Status.DONE, null, differences);
                return true;
            }
            if (TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun) > PATIENCE_MILLIS) {
                return false;
            }
            switchViews(complete);
            askAll(LOOK, PATIENCE_MILLIS);
            rebuilds.end(rebuild, Rebuild.Status.DONE, null, 0);
            return true;
        } catch (ExecutionException | TimeoutException e) {
            log.warning(
                    "the views of rebuild " + rebuild.id() + " could not be switched just now, and will be: " + e, e);
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while it switched views", e);
        } finally {
            openAll();
            letters.retryAll(settledLetters);
            Rebuild now = rebuilds.find(rebuild.id());
            if (comparing && (now == null || !now.isRunning())) {
                rebuilds.dropTargets(rebuild);
            }
        }
    }

    private boolean isStillRunning() {
        Rebuild now = rebuilds.find(rebuild.id());
        return now != null && now.isRunning();
    }

    /** Every event of the log was folded by somebody. */
    private boolean isComplete(Base base, long stored) {
        long folded = Progress.eventsOf(hazelcast.getMap(Names.REBUILD_PROGRESS), rebuild.id())
                + (base == null ? 0 : base.events());
        if (folded != stored) {
            log.warning("rebuild " + rebuild.id() + " has folded " + folded + " of " + stored + " events");
        }
        return folded == stored;
    }

    private void switchViews(long position) {
        IMap<String, HazelcastJsonValue> fresh = hazelcast.getMap(rebuild.lettersMap());
        IMap<String, HazelcastJsonValue> live = hazelcast.getMap(Names.DEAD_LETTER_EVENTS);
        for (String view : rebuild.targets().keySet()) {
            live.keySet(Predicates.equal("projection", view)).stream()
                    .filter(letter -> !fresh.containsKey(letter))
                    .forEach(settledLetters::add);
        }
        hazelcast.<String, HazelcastJsonValue>getMap(Names.DEAD_LETTER_DECISIONS).keySet().stream()
                .filter(fresh::containsKey)
                .forEach(settledLetters::add);
        boolean isRollback = rebuild.kind() == Rebuild.Kind.ROLLBACK;
        rebuild.targets().forEach((view, target) -> {
            String leaving = store.generations().of(view).live();
            if (!leaving.equals(target)) {
                KeptLetters.keep(hazelcast, view, leaving);
            }
        });
        fresh.entrySet().forEach(letter -> {
            HazelcastJsonValue before = live.get(letter.getKey());
            if (before != null) {
                live.set(letter.getKey(), KeptLetters.both(before, letter.getValue()));
                return;
            }
            live.set(letter.getKey(), letter.getValue());
            if (isRollback) {
                settledLetters.add(letter.getKey());
            }
        });
        String at = Clock.iso(Clock.micros());
        List<String> dropped = new ArrayList<>();
        for (Map.Entry<String, String> target : rebuild.targets().entrySet()) {
            Generation before = store.generations().of(target.getKey());
            if (before.live().equals(target.getValue())) {
                continue;
            }
            store.generations()
                    .set(
                            target.getKey(),
                            before.next(target.getValue(), codeOf(target.getKey(), before), position, at));
            if (before.previous() != null && !before.previous().equals(target.getValue())) {
                dropped.add(before.previous());
            }
        }
        dropped.forEach(map -> {
            hazelcast.getMap(map).destroy();
            KeptLetters.drop(hazelcast, map);
        });
        fresh.destroy();
    }

    /** The fingerprints of all code that took part in the generation that becomes the live one. */
    private Set<String> codeOf(String view, Generation before) {
        Set<String> code = new TreeSet<>(pipelines.codeOf(view));
        code.addAll(rebuild.code().getOrDefault(view, List.of()));
        if (rebuild.kind() == Rebuild.Kind.ROLLBACK) {
            code.addAll(before.previousCode());
        }
        Base base = Base.find(hazelcast, rebuild.id());
        if (base != null) {
            code.addAll(base.code().getOrDefault(view, List.of()));
        }
        return code;
    }

    private List<JsonObject> askAll(String what, long millis)
            throws ExecutionException, TimeoutException, InterruptedException {
        JsonObject request = new JsonObject()
                .add("id", rebuild.id())
                .add("what", what)
                .add("leader", hazelcast.getCluster().getLocalMember().getUuid().toString());
        return members.ask(Ids.REBUILD_STEP, Json.bytes(request), millis);
    }

    private void openAll() {
        try {
            askAll(OPEN, PATIENCE_MILLIS);
        } catch (ExecutionException | TimeoutException e) {
            log.fine("a gate opens by itself, as its member or this one went away", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
