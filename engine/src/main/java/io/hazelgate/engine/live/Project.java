package io.hazelgate.engine.live;

import io.hazelgate.engine.fold.Rounds;
import io.hazelgate.engine.log.KnownEvents;
import io.hazelgate.engine.projector.Answer;
import io.hazelgate.engine.projector.Asker;
import io.hazelgate.engine.projector.Care;
import io.hazelgate.engine.projector.Input;
import io.hazelgate.engine.projector.Projector;
import io.hazelgate.engine.wire.EntryLoader;
import io.hazelgate.engine.wire.Loaded;
import java.util.List;
import java.util.Map;

/** The steps "load" and "project", in a batch's turn: the projector is asked with the entries that it needs to see. */
final class Project implements AutoCloseable {
    /** For a batch of fewer events no plan is asked for: at rest a question takes longer than what it might spare. */
    private static final int MIN_ASKED_EVENTS = 65;

    private final Projector projector;
    private final Asker asker;
    private final EntryLoader loader;
    private final Rounds rounds;
    private final UsualReads usualReads;

    Project(Projector projector, EntryLoader loader) {
        this.projector = projector;
        this.loader = loader;
        asker = projector.newAsker();
        rounds = new Rounds(loader::load);
        usualReads = new UsualReads(projector::description);
    }

    /**
     * @param inputs the last of them are of the events
     * @param known what is known of the events, under way
     * @param planned what the batch needs, by a plan; empty where there is none
     */
    Projected project(
            List<Received> events,
            List<Input> inputs,
            KnownEvents known,
            Map<String, List<String>> planned,
            Run run,
            Care care) {
        long batchId = projector.newBatchId();
        List<Input> asked = inputs;
        Loaded loaded = new Loaded();
        Map<String, List<String>> needs =
                planned.isEmpty() ? usualReads.of(events, events.size() < MIN_ASKED_EVENTS) : planned;
        // The plan is made while the ids are looked up.
        Answer plan = needs.isEmpty() ? asker.process(batchId, 0, inputs, loaded, care) : null;
        loader.load(plan == null ? needs : plan.needs(), loaded);
        boolean seenBefore = known.await();
        if (seenBefore) {
            asked = Inputs.withKnown(inputs, events, known);
        }
        Answer answer = plan == null || seenBefore || plan.needsMore() ? ask(batchId, asked, loaded, care) : plan;
        run.projected(batchId, loaded, answer);
        return new Projected(batchId, asked, answer);
    }

    Answer again(long batchId, List<Input> inputs, Care care) {
        return ask(batchId, inputs, new Loaded(), care);
    }

    private Answer ask(long batchId, List<Input> inputs, Loaded loaded, Care care) {
        return rounds.ask(1, loaded, (round, all) -> asker.process(batchId, round, inputs, all, care));
    }

    @Override
    public void close() {
        asker.close();
    }
}
