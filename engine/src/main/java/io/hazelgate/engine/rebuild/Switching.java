package io.hazelgate.engine.rebuild;

import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.letters.DeadLetters;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.live.Shared;
import io.hazelgate.engine.network.AllMembers;
import io.hazelgate.engine.network.TurnLost;
import io.hazelgate.engine.network.Turns.Turn;
import io.hazelgate.engine.rebuild.Bases.Base;
import io.hazelgate.engine.snapshot.Settled;
import io.hazelgate.engine.views.Generations;
import io.hazelgate.engine.wire.Ids;
import io.hazelgate.engine.wire.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The end of a rebuild, led by one member: all gates closed, the rest of the log folded, every view switched in one step, all gates
 * opened. Nothing is stored meanwhile, so the new generations hold exactly the events of the old ones.
 */
public record Switching(
        Shared shared,
        OwnedEvents events,
        RebuildRecords records,
        Settled settled,
        DeadLetters letters,
        Pipelines pipelines) {
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

    /** Returns whether it is done; otherwise a member could not stand still just now, and it is tried again. */
    boolean run(Rebuild rebuild) {
        Map<String, Turn> turns = new LinkedHashMap<>();
        Succession succession = new Succession(
                shared.hazelcast(), shared.generations(), pipelines::codeOf, rebuild, new ArrayList<>(), turns);
        boolean comparing = rebuild.kind() == Rebuild.Kind.DIFF;
        try {
            if (!comparing && !takeTurns(rebuild, turns)) {
                return false;
            }
            askAll(rebuild, comparing ? COMPARE : SORT, COMPARE_MILLIS);
            // What the generation before surely has: closed gates alone don't tell, where a member has died in a batch.
            long complete = settled.position();
            Base base = Base.find(shared.hazelcast(), rebuild.id());
            LongSupplier size = rebuild.fromPosition() == 0 ? events.sizeSoon(complete, base) : null;
            long begun = System.nanoTime();
            List<JsonObject> closed = askAll(rebuild, CLOSE, PATIENCE_MILLIS);
            if (closed.stream().anyMatch(answer -> !answer.getBoolean("done", false))
                    || !records.isRunning(rebuild.id())) {
                return false;
            }
            if (size != null && !isComplete(rebuild, base, size.getAsLong())) {
                records.end(
                        rebuild,
                        Rebuild.Status.FAILED,
                        "lanes changed hands while they were read, and not every event was seen: start it anew",
                        0);
                return true;
            }
            if (comparing) {
                long differences = askAll(rebuild, COMPARE_AGAIN, PATIENCE_MILLIS).stream()
                        .mapToLong(answer -> answer.getLong("differences", 0))
                        .sum();
                records.end(rebuild, Rebuild.Status.DONE, null, differences);
                return true;
            }
            if (TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun) > PATIENCE_MILLIS) {
                return false;
            }
            succession.run(complete);
            askAll(rebuild, LOOK, PATIENCE_MILLIS);
            records.end(rebuild, Rebuild.Status.DONE, null, 0);
            return true;
        } catch (AllMembers.NoAnswer e) {
            shared.logger(Switching.class)
                    .warning(
                            "the views of rebuild " + rebuild.id() + " could not be switched just now, and will be: "
                                    + e,
                            e);
            return false;
        } catch (TurnLost e) {
            shared.logger(Switching.class)
                    .warning("the views of rebuild " + rebuild.id() + " were not switched, as the gates have opened,"
                            + " and will be: " + e.getMessage());
            return false;
        } finally {
            turns.values().forEach(Turn::close);
            openAll(rebuild);
            letters.retryAll(succession.settledLetters());
            if (comparing && !records.isRunning(rebuild.id())) {
                records.dropTargets(rebuild);
            }
        }
    }

    private boolean takeTurns(Rebuild rebuild, Map<String, Turn> turns) {
        for (String view : rebuild.targets().keySet()) {
            Turn turn = shared.turns().take(Generations.turnOf(shared.turns(), view), rebuild.id());
            if (turn == null) {
                return false;
            }
            turns.put(view, turn);
        }
        return true;
    }

    /** Every event of the log was folded by somebody. */
    private boolean isComplete(Rebuild rebuild, Base base, long stored) {
        long folded = Progress.eventsOf(shared.hazelcast(), rebuild.id()) + (base == null ? 0 : base.events());
        if (folded != stored) {
            shared.logger(Switching.class)
                    .warning("rebuild " + rebuild.id() + " has folded " + folded + " of " + stored + " events");
        }
        return folded == stored;
    }

    private List<JsonObject> askAll(Rebuild rebuild, String what, long millis) {
        JsonObject request = new JsonObject()
                .add("id", rebuild.id())
                .add("what", what)
                .add(
                        "leader",
                        shared.hazelcast()
                                .getCluster()
                                .getLocalMember()
                                .getUuid()
                                .toString());
        return shared.members().ask(Ids.REBUILD_STEP, Json.bytes(request), millis);
    }

    private void openAll(Rebuild rebuild) {
        try {
            askAll(rebuild, OPEN, PATIENCE_MILLIS);
        } catch (IllegalStateException e) {
            shared.logger(Switching.class).fine("a gate opens by itself, as its member or this one went away", e);
        }
    }
}
