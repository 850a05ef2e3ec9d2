package io.hazelgate.engine.restore;

import com.hazelcast.logging.ILogger;
import io.hazelgate.engine.fold.Decisions;
import io.hazelgate.engine.live.Pipeline;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.log.StoredEvent;
import io.hazelgate.engine.projector.Answer;
import io.hazelgate.engine.projector.Care;
import io.hazelgate.engine.projector.Containment;
import io.hazelgate.engine.projector.Input;
import io.hazelgate.engine.projector.Projector;
import io.hazelgate.engine.projector.Write;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.EntryLoader;
import io.hazelgate.engine.wire.Json;
import java.nio.charset.StandardCharsets;
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
    private static final int MAX_ROUNDS = 16;
    /** After this long without a projector whoever restores looks whether that is still wanted. */
    private static final long AWAY_MILLIS = 10_000;

    private final Store store;
    private final Pipelines pipelines;
    private final Decisions decisions;
    private final EntryLoader loader;
    private final ILogger log;
    private final Map<Pipeline, Projector.Asker> askers = new HashMap<>();

    /** @param decisions what operators decided about the letters of these events */
    Restorer(Store store, Pipelines pipelines, Decisions decisions) {
        this.store = store;
        this.pipelines = pipelines;
        this.decisions = decisions;
        loader = store.loader();
        log = store.hazelcast().getLoggingService().getLogger(Restorer.class);
    }

    /** Each projector knows the views of its own pipeline's events. */
    void fold(List<StoredEvent> page) throws InterruptedException {
        Map<Pipeline, List<StoredEvent>> byPipeline = new LinkedHashMap<>();
        for (StoredEvent event : page) {
            Pipeline pipeline = pipelines.taking(field(event, "eventType"));
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
                        event -> field(event, "eventId"),
                        attempt,
                        failure -> false,
                        pipeline.statistics().contained,
                        log)
                .process(events, attempt, done -> {});
    }

    private boolean foldOnce(Pipeline pipeline, List<StoredEvent> events, Care care) {
        List<Input> inputs = new ArrayList<>(events.size());
        String now = Clock.iso(Clock.micros());
        for (StoredEvent event : events) {
            inputs.add(new Input(new byte[0], event.lane(), event.position(), now, null, event.record()));
        }
        boolean refused;
        do {
            refused = write(
                    answer(pipeline.projector(), asker(pipeline), inputs, care).writes());
        } while (refused);
        return true;
    }

    private Projector.Asker asker(Pipeline pipeline) {
        return askers.computeIfAbsent(pipeline, key -> pipeline.projector().newAsker());
    }

    private Answer answer(Projector projector, Projector.Asker asker, List<Input> inputs, Care care) {
        long batchId = projector.newBatchId();
        Map<String, Map<String, byte[]>> loaded = decisions.about(inputs, Input::storedRecord);
        for (int round = 0; round < MAX_ROUNDS; round++) {
            Answer answer = asker.process(batchId, round, inputs, loaded, care);
            if (!answer.needsMore()) {
                return answer;
            }
            loader.load(answer.needs(), loaded);
        }
        throw new IllegalStateException("the projector asked for more entries in each of " + MAX_ROUNDS + " rounds");
    }

    /** Whether somebody else has changed an entry meanwhile: then all is folded again. */
    private boolean write(List<Write> writes) {
        Map<String, List<Change>> byMap = new LinkedHashMap<>();
        for (Write write : writes) {
            byMap.computeIfAbsent(store.generations().liveMap(write.map()), map -> new ArrayList<>())
                    .add(write.toChange());
        }
        boolean refused = false;
        for (Map.Entry<String, List<Change>> map : byMap.entrySet()) {
            refused |=
                    !store.entries().change(map.getKey(), map.getValue()).join().isEmpty();
        }
        return refused;
    }

    private static String field(StoredEvent event, String name) {
        return Json.stringField(new String(event.record(), StandardCharsets.UTF_8), name);
    }

    @Override
    public void close() {
        askers.values().forEach(Projector.Asker::close);
    }
}
