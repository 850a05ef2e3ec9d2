package io.hazelgate.engine.pipeline;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import com.hazelcast.query.Predicates;
import io.hazelgate.engine.Clock;
import io.hazelgate.engine.Engine;
import io.hazelgate.engine.Json;
import io.hazelgate.engine.Names;
import io.hazelgate.engine.Pipeline;
import io.hazelgate.engine.Retries;
import io.hazelgate.engine.entries.Change;
import io.hazelgate.engine.projector.Messages;
import io.hazelgate.engine.projector.Projector;
import io.hazelgate.engine.projector.ProjectorAway;
import io.hazelgate.engine.projector.Resolving;
import io.hazelgate.engine.projector.Resolving.Order;
import io.hazelgate.engine.projector.Resolving.Settled;
import io.hazelgate.engine.projector.Write;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Resolves dead letters, and tries again what may pass.
 *
 * <p>The projector says what to write, step by step. Where a step is refused, because an event queued or somebody else
 * resolves the same letter, all begins anew with what is there then.
 */
public final class DeadLetters {
    private static final String RETRY_AT = Names.INDEX_PREFIX + "retryAt";
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long MAX_PAUSE_MILLIS = 20;
    private static final int MAX_ROUNDS = 16;
    private static final int FATAL_TRIES = 2;

    private final Engine engine;
    private final Retries retries = Retries.fromSystemProperties();
    private final EntryLoader loader;
    private final EntryWriter writer;
    private final ILogger log;
    /** By letter, how often in a row the projector did not survive its retry. Only the watch's thread uses it. */
    private final Map<String, Integer> deaths = new HashMap<>();

    public DeadLetters(Engine engine) {
        this.engine = engine;
        loader = new EntryLoader(engine);
        writer = new EntryWriter(engine);
        log = engine.hazelcast().getLoggingService().getLogger(DeadLetters.class);
    }

    /** Tries this member's letters again that are due. The index finds them: nothing is looked at that is not due. */
    public void look() {
        IMap<String, HazelcastJsonValue> letters = engine.hazelcast().getMap(Names.DEAD_LETTER_EVENTS);
        for (String id : letters.localKeySet(Predicates.lessEqual(RETRY_AT, Clock.iso(Clock.micros())))) {
            Pipeline pipeline = pipelineOf(id);
            if (pipeline == null || !pipeline.projector().isReady()) {
                continue; // an absent projector has not died of it
            }
            int before = deaths.getOrDefault(id, 0);
            String failure =
                    before < FATAL_TRIES ? null : "the projector did not survive it, or did not answer in time";
            try {
                resolve(new Order(id, "AGAIN", null, null, failure));
                deaths.remove(id);
            } catch (ProjectorAway e) {
                deaths.put(id, before + 1);
                log.warning("dead letter " + id + " could not be tried again: " + e.getMessage());
                return;
            }
        }
    }

    /**
     * Resolves one letter.
     *
     * @return JSON: what came of it, with the completion of the letter's event
     * @throws ProjectorAway when the projector can't be reached; what was written by then is finished by another try
     */
    public String resolve(Order order) {
        Pipeline pipeline = pipelineOf(order.deadLetterId());
        if (pipeline == null) {
            return said(order, "UNKNOWN", "there is no such letter, or no pipeline takes its event type");
        }
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        long pause = 1;
        while (true) {
            long pass = enter();
            try {
                String answer = attempt(pipeline, order);
                if (answer != null) {
                    return answer;
                }
            } finally {
                engine.gate().leave(pass);
            }
            pipeline.statistics().conflicts.increment();
            if (System.nanoTime() > deadline) {
                return said(order, "BUSY", "its entry changed all the while");
            }
            pause(pause);
            pause = Math.min(MAX_PAUSE_MILLIS, pause * 2);
        }
    }

    /** The pipeline whose projector knows the letter's event; null where there is no letter. */
    private Pipeline pipelineOf(String deadLetterId) {
        byte[] letter = engine.entries()
                .read(Names.DEAD_LETTER_EVENTS, List.of(deadLetterId))
                .join()
                .get(deadLetterId);
        return letter == null
                ? null
                : engine.pipelineFor(Json.stringField(new String(letter, StandardCharsets.UTF_8), "eventType"));
    }

    private static String said(Order order, String outcome, String message) {
        return com.hazelcast.internal.json.Json.object()
                .add("id", order.deadLetterId())
                .add("outcome", outcome)
                .add("message", message)
                .toString();
    }

    /** Null where a write was refused. */
    private String attempt(Pipeline pipeline, Order order) {
        Resolving resolving = ask(pipeline.projector(), order);
        for (List<Write> step : resolving.steps()) {
            if (!writer.write(step).isEmpty()) {
                return null;
            }
        }
        boolean gone = resolving.last().stream().anyMatch(write -> write.value() == null);
        List<Settled> settled = settle(pipeline.projector(), resolving.affected(), gone ? order.deadLetterId() : null);
        if (!writer.write(resolving.last()).isEmpty()) {
            return null;
        }
        String answer = new String(resolving.answer(), StandardCharsets.UTF_8);
        if (settled.isEmpty()) {
            return answer;
        }
        return answer.substring(0, answer.length() - 1) + ",\"completion\":"
                + new String(settled.get(0).completion(), StandardCharsets.UTF_8) + "}";
    }

    private Resolving ask(Projector projector, Order order) {
        Map<String, Map<String, byte[]>> loaded = new HashMap<>();
        for (int round = 0; round < MAX_ROUNDS; round++) {
            Resolving resolving = projector.resolve(Messages.resolve(
                    order, Clock.iso(Clock.micros()), retries.attempts(), retries.backoffMillis(), loaded));
            if (resolving.needs().isEmpty()) {
                return resolving;
            }
            loader.load(resolving.needs(), loaded);
        }
        throw new IllegalStateException("the projector asked for more entries in each of " + MAX_ROUNDS + " rounds");
    }

    /** Writes and tells how the events stand now. */
    private List<Settled> settle(Projector projector, List<Resolving.Affected> affected, String without) {
        if (affected.isEmpty()) {
            return List.of();
        }
        Map<String, Map<String, byte[]>> loaded = new HashMap<>();
        for (int round = 0; round < MAX_ROUNDS; round++) {
            Resolving.Settling settling =
                    projector.settle(Messages.settle(affected, without, Clock.iso(Clock.micros()), loaded));
            if (settling.needs().isEmpty()) {
                tell(settling.events());
                return settling.events();
            }
            loader.load(settling.needs(), loaded);
        }
        throw new IllegalStateException("the projector asked for more entries in each of " + MAX_ROUNDS + " rounds");
    }

    private void tell(List<Settled> settled) {
        List<Change> changes = new ArrayList<>();
        Notices notices = new Notices(engine.hazelcast());
        for (Settled event : settled) {
            if (event.isFinal()) {
                changes.add(Change.set(event.eventId(), event.completion()));
                notices.add(event.replyTo(), new String(event.completion(), StandardCharsets.UTF_8), "");
            }
        }
        engine.entries().change(Names.COMPLETED_EVENTS, changes).join();
        notices.send();
    }

    private long enter() {
        try {
            return engine.gate().enter();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted before it began", e);
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted between two tries", e);
        }
    }
}
