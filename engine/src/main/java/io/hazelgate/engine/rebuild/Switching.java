package io.hazelgate.engine.rebuild;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.core.IExecutorService;
import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import com.hazelcast.query.Predicates;
import io.hazelgate.engine.Engine;
import io.hazelgate.engine.snapshot.Settled;
import io.hazelgate.engine.tasks.RebuildStep;
import io.hazelgate.engine.views.Generation;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Names;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
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

    private final Engine engine;
    private final HazelcastInstance hazelcast;
    private final Rebuild rebuild;
    private final ILogger log;
    /**
     * Letters of the generations before that the fresh folds did not open: their events are in the views that are live now. Those of a
     * snapshot that was older than what was decided about them. And those of a generation that is live again which were resolved while
     * it was not.
     */
    private final List<String> settledLetters = new ArrayList<>();

    Switching(Engine engine, Rebuild rebuild) {
        this.engine = engine;
        this.rebuild = rebuild;
        hazelcast = engine.hazelcast();
        log = hazelcast.getLoggingService().getLogger(Switching.class);
    }

    /** Returns whether it is done; otherwise a member could not stand still just now, and it is tried again. */
    boolean run() {
        boolean comparing = rebuild.kind() == Rebuild.Kind.DIFF;
        try {
            askAll(comparing ? COMPARE : SORT, COMPARE_MILLIS);
            // What the generation before surely has: closed gates alone don't tell, where a member has died in a batch.
            long settled = new Settled(engine).below(engine.rebuilds().settled());
            Base base = Base.find(hazelcast, rebuild.id());
            LongSupplier size =
                    rebuild.fromPosition() == 0 ? engine.rebuilds().log().sizeSoon(settled, base) : null;
            long begun = System.nanoTime();
            List<JsonObject> closed = askAll(CLOSE, PATIENCE_MILLIS);
            if (closed.stream().anyMatch(answer -> !answer.getBoolean("done", false)) || !isStillRunning()) {
                return false;
            }
            if (size != null && !isComplete(base, size.getAsLong())) {
                engine.rebuilds()
                        .end(
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
                engine.rebuilds().end(rebuild, Rebuild.Status.DONE, null, differences);
                return true;
            }
            if (TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun) > PATIENCE_MILLIS) {
                return false;
            }
            switchViews(settled);
            askAll(LOOK, PATIENCE_MILLIS);
            engine.rebuilds().end(rebuild, Rebuild.Status.DONE, null, 0);
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
            engine.deadLetters().retryAll(settledLetters);
            Rebuild now = engine.rebuilds().find(rebuild.id());
            if (comparing && (now == null || !now.isRunning())) {
                engine.rebuilds().dropTargets(rebuild);
            }
        }
    }

    private boolean isStillRunning() {
        Rebuild now = engine.rebuilds().find(rebuild.id());
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
        IMap<String, HazelcastJsonValue> letters = hazelcast.getMap(rebuild.lettersMap());
        IMap<String, HazelcastJsonValue> live = hazelcast.getMap(Names.DEAD_LETTER_EVENTS);
        for (String view : rebuild.targets().keySet()) {
            live.keySet(Predicates.equal("projection", view)).stream()
                    .filter(letter -> !letters.containsKey(letter))
                    .forEach(settledLetters::add);
        }
        hazelcast.<String, HazelcastJsonValue>getMap(Names.DEAD_LETTER_DECISIONS).keySet().stream()
                .filter(letters::containsKey)
                .forEach(settledLetters::add);
        boolean isRollback = rebuild.kind() == Rebuild.Kind.ROLLBACK;
        rebuild.targets().forEach((view, target) -> {
            String leaving = engine.generations().of(view).live();
            if (!leaving.equals(target)) {
                KeptLetters.keep(hazelcast, view, leaving);
            }
        });
        letters.entrySet().forEach(letter -> {
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
            Generation before = engine.generations().of(target.getKey());
            if (before.live().equals(target.getValue())) {
                continue;
            }
            engine.generations()
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
        letters.destroy();
    }

    /** The fingerprints of all code that took part in the generation that becomes the live one. */
    private Set<String> codeOf(String view, Generation before) {
        Set<String> code = new TreeSet<>(engine.rebuilds().codeOf(view));
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
        List<Future<byte[]>> asked = ask(what);
        List<JsonObject> answers = new ArrayList<>();
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        for (Future<byte[]> answer : asked) {
            byte[] json = answer.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
            answers.add(Json.parse(new String(json, StandardCharsets.UTF_8)).asObject());
        }
        return answers;
    }

    private List<Future<byte[]>> ask(String what) {
        IExecutorService executor = hazelcast.getExecutorService(Names.EXECUTOR);
        Member leader = hazelcast.getCluster().getLocalMember();
        List<Future<byte[]>> asked = new ArrayList<>();
        for (Member member : hazelcast.getCluster().getMembers()) {
            asked.add(executor.submitToMember(RebuildStep.of(rebuild.id(), what, leader.getUuid()), member));
        }
        return asked;
    }

    private void openAll() {
        try {
            for (Future<byte[]> opened : ask(OPEN)) {
                opened.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            }
        } catch (ExecutionException | TimeoutException e) {
            log.fine("a gate opens by itself, as its member or this one went away", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
