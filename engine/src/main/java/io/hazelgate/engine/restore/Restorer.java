package io.hazelgate.engine.restore;

import com.hazelcast.logging.ILogger;
import io.hazelgate.engine.fold.Decisions;
import io.hazelgate.engine.fold.EntryWriter;
import io.hazelgate.engine.fold.Rounds;
import io.hazelgate.engine.live.Pipeline;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.log.StoredEvent;
import io.hazelgate.engine.projector.Answer;
import io.hazelgate.engine.projector.Asker;
import io.hazelgate.engine.projector.Care;
import io.hazelgate.engine.projector.Containment;
import io.hazelgate.engine.projector.Input;
import io.hazelgate.engine.projector.Projector;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Folds stored events into the live views, heads and letters of a cluster that does not process new ones meanwhile.
 *
 * <p>Entries skip what they have, so a page may be folded again. A handler that hangs or takes the projector along is contained as in
 * the pipeline.
 */
final class Restorer implements AutoCloseable {
    /** After this long without a projector whoever restores looks whether that is still wanted. */
    private static final long AWAY_MILLIS = 10_000;

    private final Pipelines pipelines;
    private final Decisions decisions;
    private final Rounds rounds;
    private final EntryWriter writer;
    private final ILogger log;
    private final Map<Pipeline, Asker> askers = new HashMap<>();

    /** @param decisions what operators decided about the letters of these events */
    Restorer(Store store, Pipelines pipelines, Decisions decisions) {
        this.pipelines = pipelines;
        this.decisions = decisions;
        rounds = new Rounds(store.loader()::load);
        writer = new EntryWriter(store);
        log = store.hazelcast().getLoggingService().getLogger(Restorer.class);
    }

    /** Each projector knows the views of its own pipeline's events. */
    void fold(List<StoredEvent> page) throws InterruptedException {
        Map<Pipeline, List<StoredEvent>> byPipeline = new LinkedHashMap<>();
        for (StoredEvent event : page) {
            Pipeline pipeline = pipelines.taking(Json.stringField(event.record(), "eventType"));
            byPipeline
                    .computeIfAbsent(pipeline == null ? pipelines.all().get(0) : pipeline, key -> new ArrayList<>())
                    .add(event);
        }
        for (Map.Entry<Pipeline, List<StoredEvent>> part : byPipeline.entrySet()) {
            fold(part.getKey(), part.getValue());
        }
    }

    private void fold(Pipeline pipeline, List<StoredEvent> events) throws InterruptedException {
        Containment.Attempt<StoredEvent, Boolean> attempt = (part, care) -> foldOnce(pipeline, part, care);
        new Containment<StoredEvent, Boolean>(
                        pipeline.projector().patientFor(AWAY_MILLIS),
                        StoredEvent::eventId,
                        attempt,
                        failure -> false,
                        pipeline.statistics().contained,
                        log)
                .process(events, attempt, done -> {});
    }

    private boolean foldOnce(Pipeline pipeline, List<StoredEvent> events, Care care) {
        Projector projector = pipeline.projector();
        Asker asker = askers.computeIfAbsent(pipeline, key -> projector.newAsker());
        String now = Clock.iso(Clock.micros());
        List<byte[]> records = events.stream().map(StoredEvent::record).toList();
        List<Input> inputs = events.stream()
                .map(event -> Input.found(event.record(), event.lane(), event.position(), now))
                .toList();
        Answer answer;
        do {
            // Where somebody else has changed an entry meanwhile, all is folded again.
            long batchId = projector.newBatchId();
            answer = rounds.ask(
                    0,
                    decisions.about(records),
                    (round, loaded) -> asker.process(batchId, round, inputs, loaded, care));
        } while (!writer.write(answer.writes()).join().isEmpty());
        return true;
    }

    @Override
    public void close() {
        askers.values().forEach(Asker::close);
    }
}
