package io.hazelgate.engine.live;

import com.hazelcast.logging.ILogger;
import io.hazelgate.engine.fold.EntryWriter;
import io.hazelgate.engine.live.Planned.Ahead;
import io.hazelgate.engine.log.EventLog.LanesTakenOver;
import io.hazelgate.engine.log.EventLog.StoreConflict;
import io.hazelgate.engine.log.KnownEvents;
import io.hazelgate.engine.log.LogAway;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.log.StoredEvent;
import io.hazelgate.engine.projector.Care;
import io.hazelgate.engine.projector.Containment;
import io.hazelgate.engine.projector.Outcome;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Entries.LaneTakenOver;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The heart of the pipeline, one batch at a time: load, project, claim, persist, update views.
 *
 * <p>Each of its steps may be cut short by a crash and is safe to do again: what an earlier run has stored is recognized by
 * {@code event-ids} and the store, and what it has applied by the entries' own marks.
 */
final class BatchProcessor implements AutoCloseable {
    private static final long FIRST_BACKOFF_MILLIS = 20;
    private static final long MAX_BACKOFF_MILLIS = 1_000;
    private static final long LANE_LOST_MILLIS = 20;

    private final Pipeline pipeline;
    private final Shared shared;
    private final OwnedLanes owned;
    private final PipelineStatistics statistics;
    private final Inputs inputs;
    private final Project project;
    private final Claims claims;
    private final Persist persist;
    private final UpdateViews updateViews;
    private final ILogger log;

    /** @param owned the lanes that this run of the pipeline has taken over */
    BatchProcessor(Pipeline pipeline, OwnedLanes owned) {
        this.pipeline = pipeline;
        this.owned = owned;
        shared = pipeline.shared();
        statistics = pipeline.statistics();
        Store store = shared.store();
        inputs = new Inputs(shared.lanes(), pipeline::laneIn);
        project = new Project(pipeline.projector(), store.loader());
        claims = new Claims(shared, pipeline.name(), owned);
        persist = new Persist(
                store, owned, TimeUnit.SECONDS.toMillis(shared.limits().completedTtlSeconds()));
        updateViews = new UpdateViews(new EntryWriter(store)::writeLettersFirst, project::again, statistics.conflicts);
        log = store.hazelcast().getLoggingService().getLogger(BatchProcessor.class);
    }

    /**
     * Tries until it is done: what fails here passes, or is contained, and the events can't be done without.
     *
     * @param run tells others how it goes
     * @param done takes the batch when it is through; in parts, each as soon as it is, where it was not to be done at once
     * @return events that are to come again, in front of any other: entries that they rest on are claimed by others just now
     */
    List<Received> process(Planned planned, Run run, Consumer<Batch> done) throws InterruptedException {
        List<Received> contested = new ArrayList<>();
        // While the gate is closed the views of a rebuild change places: nothing is stored or folded then.
        Runnable leave = planned.ahead() == null ? shared.enter() : planned.ahead()::end;
        try {
            new Containment<Received, Attempted>(
                            pipeline.projector(),
                            Received::eventId,
                            (part, care) -> attempt(part, contested, Planned.nothing(part), run, care),
                            failure -> true,
                            statistics.contained,
                            log)
                    .process(
                            planned.events(),
                            (batch, care) -> attempt(batch, contested, planned, run, care),
                            attempted -> {
                                if (attempted.batch != null) {
                                    done.accept(attempted.batch);
                                }
                                contested.addAll(attempted.contested);
                            });
            owned.settled();
        } finally {
            leave.run();
        }
        return contested;
    }

    /**
     * A try that is through.
     *
     * @param batch null where nothing went through
     * @param contested the events that were left
     */
    private record Attempted(Batch batch, List<Received> contested) {}

    /** @param before events of earlier parts that were left */
    private Attempted attempt(List<Received> all, List<Received> before, Planned planned, Run run, Care care)
            throws InterruptedException {
        List<Received> contested = new ArrayList<>(Contested.and(Set.of(), all, before));
        List<Received> events = Contested.without(contested, all);
        if (events.isEmpty()) {
            return new Attempted(null, contested);
        }
        List<byte[]> found = new ArrayList<>();
        Map<String, StoredEvent> inLog = new HashMap<>();
        long backoff = FIRST_BACKOFF_MILLIS;
        while (true) {
            run.tries();
            try {
                Projected projected = projected(events, found, inLog, planned, run, care);
                Set<String> withoutClaims = claim(projected, events);
                if (withoutClaims.isEmpty()) {
                    return new Attempted(write(events, found, projected, run, care), contested);
                }
                statistics.conflicts.add(withoutClaims.size());
                Set<Integer> gone = Contested.indexes(withoutClaims, events, projected.answer(), found.size());
                Projected rest = projected.without(gone);
                List<Received> left = rest == null
                        // The others are asked about again, without what these would have changed.
                        ? Contested.and(withoutClaims, events, List.of())
                        : gone.stream()
                                .sorted()
                                .map(byIndex(events, found.size()))
                                .toList();
                contested.addAll(left);
                events = Contested.without(left, events);
                if (rest != null) {
                    claims.giveBack(left.stream().map(Received::key).collect(Collectors.toSet()));
                }
                if (events.isEmpty() && found.isEmpty()) {
                    run.written(projected.batchId());
                    return new Attempted(null, contested);
                }
                if (rest != null) {
                    return new Attempted(write(events, found, rest, run, care), contested);
                }
            } catch (StoreConflict e) {
                statistics.conflicts.add(e.found.size() + e.known.size());
                addNew(found, e.found);
                inLog.putAll(e.known);
                if (e.found.isEmpty() && e.known.isEmpty()) {
                    if (backoff == MAX_BACKOFF_MILLIS && events.size() > 1) {
                        throw new IllegalStateException(
                                "a place is taken, again and again, by nobody: perhaps two of these"
                                        + " events want the same");
                    }
                    // A place was taken, and is free again: somebody else's transaction did not come to its end.
                    Thread.sleep(backoff);
                    backoff = Math.min(MAX_BACKOFF_MILLIS, backoff * 2);
                }
            } catch (LanesTakenOver e) {
                // As below: others have them.
                owned.loseLanes(e.lanes);
                Thread.sleep(LANE_LOST_MILLIS);
            } catch (LogAway e) {
                log.warning(e.getMessage() + "; " + events.size() + " events wait, tried again in " + backoff + " ms");
                Thread.sleep(backoff);
                backoff = Math.min(MAX_BACKOFF_MILLIS, backoff * 2);
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof LaneTakenOver taken)) {
                    throw e;
                }
                // Somebody has it by now: back to it only if these events are still to be done.
                owned.lose(taken.partition);
                Thread.sleep(LANE_LOST_MILLIS);
            }
        }
    }

    private static Function<Integer, Received> byIndex(List<Received> events, int first) {
        return index -> events.get(index - first);
    }

    private Set<String> claim(Projected projected, List<Received> events) {
        List<Outcome> outcomes = projected.answer().outcomes();
        return claims.take(
                projected.answer().claims(),
                events,
                index -> outcomes.get(index).isStoredBefore(),
                outcomes.size() - events.size());
    }

    private Projected projected(
            List<Received> events,
            List<byte[]> found,
            Map<String, StoredEvent> inLog,
            Planned planned,
            Run run,
            Care care) {
        Ahead ahead = planned.ahead();
        if (ahead != null
                && ahead.holds()
                && run.isFirstTry()
                && owned.missing(events).isEmpty()) {
            return ahead.projected();
        }
        addNew(found, owned.takeFor(events, pipeline.eventTypes()));
        if (!found.isEmpty()) {
            run.troubled();
        }
        KnownEvents known =
                new KnownEvents(shared.store().entries(), shared.store().log(), Received.idsOf(events));
        known.learn(inLog);
        return project.project(events, inputs.of(events, found), known, planned.needs(), run, care);
    }

    private Batch write(List<Received> events, List<byte[]> found, Projected projected, Run run, Care care)
            throws StoreConflict, LanesTakenOver, InterruptedException {
        int foundCount = found.size();
        List<Outcome> all = new ArrayList<>(projected.answer().outcomes());
        int inputCount = projected.inputs().size();
        List<Outcome> outcomes = all.subList(foundCount, inputCount);
        long persistedAt = Clock.micros();
        List<byte[]> records =
                persist.persist(events, outcomes, projected.inputs().subList(foundCount, inputCount), persistedAt);
        List<byte[]> stored = new ArrayList<>(found);
        stored.addAll(records);
        claims.stored(projected.answer().writes());
        List<Changed> changed = updateViews.update(projected, stored, all, claims::of, run, care);
        claims.done(events);
        run.written(projected.batchId());
        return new Batch(
                events, outcomes, records, found, changed.subList(foundCount, inputCount), persistedAt, Clock.micros());
    }

    private static void addNew(List<byte[]> found, List<byte[]> more) {
        for (byte[] record : more) {
            if (found.stream().noneMatch(known -> Arrays.equals(known, record))) {
                found.add(record);
            }
        }
    }

    @Override
    public void close() {
        project.close();
    }
}
