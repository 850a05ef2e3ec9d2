package io.hazelgate.engine.live;

import com.hazelcast.logging.ILogger;
import io.hazelgate.engine.live.Planned.Ahead;
import io.hazelgate.engine.log.KnownEvents;
import io.hazelgate.engine.projector.Answer;
import io.hazelgate.engine.projector.Asker;
import io.hazelgate.engine.projector.BatchTooLarge;
import io.hazelgate.engine.projector.Input;
import io.hazelgate.engine.projector.Projector;
import io.hazelgate.engine.projector.ProjectorAway;
import io.hazelgate.engine.projector.ProjectorFailed;
import io.hazelgate.engine.wire.EntryLoader;
import io.hazelgate.engine.wire.Loaded;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Prepares batches while those before them are still under way: what a batch needs depends on its events alone, and where it has nothing
 * in common with those before it, so does what it comes to.
 */
final class Prepare implements AutoCloseable {
    private final Shared shared;
    private final Projector projector;
    private final Asker asker;
    private final OwnedLanes owned;
    private final EntryLoader loader;
    private final Inputs inputs;
    private final UsualReads usualReads;
    private final ILogger log;

    Prepare(Pipeline pipeline, OwnedLanes owned) {
        this.owned = owned;
        shared = pipeline.shared();
        projector = pipeline.projector();
        loader = shared.store().loader();
        asker = projector.newAsker();
        inputs = new Inputs(shared.lanes(), pipeline::laneIn);
        usualReads = new UsualReads(projector::description);
        log = shared.logger(Prepare.class);
    }

    /** @param before the batches that are not through yet, as they are known by now */
    Planned prepare(List<Received> events, Run run, List<Run.Before> before) throws InterruptedException {
        Map<String, List<String>> needs = plan(events);
        Ahead ahead = null;
        try {
            if (!needs.isEmpty() && before.stream().allMatch(each -> each.isUnlike(events, needs))) {
                ahead = ahead(events, needs, run, before);
            }
        } catch (RuntimeException e) {
            // It is done in its turn, where all that can happen to a batch is dealt with.
            log.fine("a batch is not projected ahead", e);
        }
        if (ahead == null) {
            run.askedInVain();
        }
        return new Planned(events, needs, ahead);
    }

    /** By map the keys of the entries; nothing where the projector did not answer, it is then asked again. */
    private Map<String, List<String>> plan(List<Received> events) {
        Map<String, List<String>> needs = usualReads.of(events, false);
        if (!needs.isEmpty()) {
            return needs;
        }
        try {
            return asker.ahead(projector.newBatchId(), 0, Inputs.withoutPlaces(events), new Loaded())
                    .get()
                    .needs();
        } catch (ProjectorAway | ProjectorFailed | BatchTooLarge e) {
            log.fine("the plan of a batch is made later", e);
            return Map.of();
        }
    }

    /** Null where it is not that simple. */
    private Ahead ahead(List<Received> events, Map<String, List<String>> needs, Run run, List<Run.Before> before)
            throws InterruptedException {
        Runnable leave = shared.enter();
        Projected projected = null;
        try {
            projected = project(events, needs, run, before);
            return projected == null ? null : new Ahead(before, projected, leave);
        } finally {
            if (projected == null) {
                leave.run();
            }
        }
    }

    private Projected project(List<Received> events, Map<String, List<String>> needs, Run run, List<Run.Before> before)
            throws InterruptedException {
        if (!owned.missing(events).isEmpty()) {
            return null;
        }
        KnownEvents known =
                new KnownEvents(shared.store().entries(), shared.store().log(), Received.idsOf(events));
        Loaded loaded = new Loaded();
        loader.load(needs, loaded);
        if (known.await()) {
            return null;
        }
        List<Input> placed = inputs.of(events, List.of());
        long batchId = projector.newBatchId();
        Supplier<Answer> answering = asker.ahead(batchId, 1, placed, loaded);
        // Who comes after it asks after it.
        run.asked(needs);
        Answer answer = answering.get();
        if (answer.needsMore()) {
            return null;
        }
        for (Run.Before each : before) {
            if (!each.isUnlike(loaded, answer)) {
                return null;
            }
        }
        run.projected(batchId, loaded, answer);
        return new Projected(batchId, placed, answer);
    }

    @Override
    public void close() {
        asker.cancel();
    }
}
