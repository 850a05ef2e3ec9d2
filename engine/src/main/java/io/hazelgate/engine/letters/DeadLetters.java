package io.hazelgate.engine.letters;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.fold.EntryWriter;
import io.hazelgate.engine.fold.Rounds;
import io.hazelgate.engine.index.Indexes;
import io.hazelgate.engine.index.Range;
import io.hazelgate.engine.index.Walk;
import io.hazelgate.engine.live.Notices;
import io.hazelgate.engine.live.Pipeline;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.live.Shared;
import io.hazelgate.engine.log.Decider;
import io.hazelgate.engine.log.LogAway;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.network.TurnLost;
import io.hazelgate.engine.network.Turns.Turn;
import io.hazelgate.engine.projector.BatchTooLarge;
import io.hazelgate.engine.projector.Blame;
import io.hazelgate.engine.projector.Care;
import io.hazelgate.engine.projector.Crumb;
import io.hazelgate.engine.projector.Projector;
import io.hazelgate.engine.projector.ProjectorAway;
import io.hazelgate.engine.projector.ProjectorFailed;
import io.hazelgate.engine.projector.Resolving;
import io.hazelgate.engine.projector.Resolving.Order;
import io.hazelgate.engine.projector.Resolving.Settled;
import io.hazelgate.engine.projector.Resolving.Settling;
import io.hazelgate.engine.projector.Write;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.EntryLoader;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Loaded;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Resolves dead letters, and tries again what may pass.
 *
 * <p>The projector says what to write, step by step. Where a step is refused, because an event queued or somebody else
 * resolves the same letter, all begins anew with what is there then. When it does not survive a question it is asked in the
 * careful mode: a call of the user's code at which it fails twice counts as failed, as in the pipeline.
 */
public final class DeadLetters {
    private static final String AGAIN = "AGAIN";
    private static final String UNDER_WAY =
            "an event of it is on its way into another view: resolve it again in a moment";
    private static final long PATIENCE_MILLIS = 3_000;
    private static final long MAX_PAUSE_MILLIS = 20;
    private static final long MAX_BACKOFF_MILLIS = 1_000;
    private static final long PROBE_MILLIS = 100;
    private static final long AWAY_NANOS = TimeUnit.SECONDS.toNanos(15);
    private static final int MAX_FAILURES = 8;
    /** A letter's event has changed its entry when it was put aside: it claims nothing, and waits for those that do. */
    private static final Function<Write, List<String>> NOBODYS_CLAIMS = write -> List.of();

    private static final long FIRST_BACKOFF_MILLIS = 20;

    private final Shared shared;
    private final Store store;
    private final Indexes indexes;
    private final Pipelines pipelines;
    private final Retries retries;
    private final UnaryOperator<String> building;
    private final EntryLoader loader;
    private final IMap<String, HazelcastJsonValue> decisions;
    private final Rounds rounds = new Rounds(this::load);
    private final EntryWriter writer;
    private final ILogger log;

    /** @param building the rebuild or comparison of a view that is under way; null where there is none */
    public DeadLetters(
            Shared shared, Indexes indexes, Pipelines pipelines, Retries retries, UnaryOperator<String> building) {
        this.shared = shared;
        this.indexes = indexes;
        this.pipelines = pipelines;
        store = shared.store();
        this.retries = retries;
        this.building = building;
        loader = store.loader();
        decisions = store.hazelcast().getMap(Names.DEAD_LETTER_DECISIONS);
        writer = new EntryWriter(store);
        log = store.hazelcast().getLoggingService().getLogger(DeadLetters.class);
    }

    /** Tries this member's letters again that are due. The index finds them: nothing is looked at that is not due. */
    public void look() {
        if (shared.readiness().storeProblem() != null) {
            return; // what a letter waits for may just be restored
        }
        Range due = Range.upTo(Clock.iso(Clock.micros()));
        Walk letters = indexes.walk(Names.DEAD_LETTER_EVENTS, Names.RETRY_AT, due);
        while (letters.next()) {
            String key = Json.text(letters.key());
            String id = key.substring(key.indexOf('|') + 1);
            Pipeline pipeline = pipelineOf(id);
            if (pipeline == null || !pipeline.projector().isReady()) {
                continue; // an absent projector has not died of it
            }
            try {
                resolve(new Order(id, AGAIN, null, null));
            } catch (ProjectorAway e) {
                log.warning("dead letter " + id + " could not be tried again: " + e.getMessage());
                return;
            }
        }
    }

    /**
     * Resolves one letter, alone: of two operators who decide otherwise the decision of one must not go with the entry of the other.
     *
     * @return JSON: what came of it, with the completion of the letter's event
     * @throws ProjectorAway when the projector can't be reached, or no call is found to which it is due that it fails; what was written
     *     by then is finished by another try
     */
    public String resolve(Order order) {
        Pipeline pipeline = pipelineOf(order.deadLetterId());
        if (pipeline == null) {
            return said(order, "BUSY", "no pipeline takes its event type: start a projector whose code knows it");
        }
        try (Turn turn = shared.turns().take(turnOf(order.deadLetterId()), PATIENCE_MILLIS)) {
            return turn == null
                    ? said(order, "BUSY", "somebody else resolves it just now")
                    : resolveAlone(turn, pipeline, order);
        } catch (TurnLost | LogAway e) {
            return said(order, "BUSY", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a dead letter was resolved", e);
        }
    }

    /** The turn at a letter. It writes the letter's decision. */
    private String turnOf(String deadLetterId) {
        return shared.turns().beside(deadLetterId, number -> "letter/" + deadLetterId + '/' + number);
    }

    private String resolveAlone(Turn turn, Pipeline pipeline, Order order) throws InterruptedException {
        Decider decider = store.log().decider(order.deadLetterId());
        byte[] decided = decider.decided();
        if (decided != null) {
            // Whoever decided so may have gone before it was in the map.
            turn.write(decisions, order.deadLetterId(), new HazelcastJsonValue(Json.text(decided)));
        }
        Asking asking = new Asking(pipeline);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        long pause = 1;
        while (true) {
            long pass = shared.gate().enter();
            try {
                String importing = shared.readiness().importingProblem();
                if (importing != null) {
                    return said(order, "BUSY", importing);
                }
                String answer = attempt(turn, decider, asking, order);
                if (answer != null) {
                    return answer;
                }
            } catch (BatchTooLarge e) {
                return said(order, "FAILED", "the letter and what waits behind it " + e.getMessage());
            } finally {
                shared.gate().leave(pass);
            }
            pipeline.statistics().conflicts.increment();
            if (System.nanoTime() > deadline) {
                return said(order, "BUSY", "its entry changed all the while");
            }
            Thread.sleep(pause);
            pause = Math.min(MAX_PAUSE_MILLIS, pause * 2);
        }
    }

    /**
     * Retries letters that have probably nothing left to do: whoever waited is told, and they go. One that is missed here stays until an
     * operator retries it.
     */
    public void retryAll(Collection<String> deadLetterIds) {
        for (String id : deadLetterIds) {
            try {
                resolve(new Order(id, "RETRY", null, null));
            } catch (RuntimeException e) {
                log.warning("dead letter " + id + " could not be retried by itself", e);
            }
        }
    }

    /**
     * Whoever resolves letters knows all event types: what it calls unknown is unknown.
     *
     * @throws IllegalStateException a projector has not yet told this member its own: another member may know them
     */
    public void requireKnown() {
        pipelines.requireTold();
    }

    /** The pipeline whose projector knows the letter's event, or any where the letter is gone; null where none knows it. */
    private Pipeline pipelineOf(String deadLetterId) {
        byte[] letter = store.entries()
                .read(Names.DEAD_LETTER_EVENTS, List.of(deadLetterId))
                .join()
                .get(deadLetterId);
        return letter == null ? pipelines.all().get(0) : pipelines.taking(Json.stringField(letter, "eventType"));
    }

    private static String said(Order order, String outcome, String message) {
        return com.hazelcast.internal.json.Json.object()
                .add("id", order.deadLetterId())
                .add("outcome", outcome)
                .add("message", message)
                .toString();
    }

    /** Null where a write was refused. */
    private String attempt(Turn turn, Decider decider, Asking asking, Order order) {
        Resolving resolving = ask(asking, order);
        String building = building(resolving);
        if (building != null) {
            return said(order, "BUSY", building);
        }
        int before = resolving.steps().size() - 1;
        for (List<Write> step : resolving.steps().subList(0, before)) {
            step.stream().filter(DeadLetters::isDecision).forEach(write -> keep(turn, decider, write));
            List<Write> others =
                    step.stream().filter(write -> !isDecision(write)).toList();
            if (!writer.write(others, NOBODYS_CLAIMS).join().isEmpty()) {
                return null;
            }
        }
        List<Write> last = resolving.steps().get(before);
        boolean gone = last.stream().anyMatch(write -> write.value() == null);
        Settling settling = settle(asking, resolving.affected(), gone ? order.deadLetterId() : null);
        if (settling.underWay()) {
            // The watch comes again in a moment, and has other letters to look after.
            return order.action().equals(AGAIN) ? said(order, "BUSY", UNDER_WAY) : null;
        }
        List<Settled> settled = settling.events();
        if (!writer.write(last, NOBODYS_CLAIMS).join().isEmpty()) {
            return null;
        }
        String answer = Json.text(resolving.answer());
        if (settled.isEmpty()) {
            return answer;
        }
        return answer.substring(0, answer.length() - 1) + ",\"completion\":"
                + Json.text(settled.get(0).completion()) + "}";
    }

    /** Why its decision can't be made just now; null where it can, or there is none. */
    private String building(Resolving resolving) {
        for (List<Write> step : resolving.steps()) {
            for (Write write : step) {
                if (isDecision(write) && write.value() != null) {
                    String view = Json.stringField(write.value(), "projection");
                    String rebuild = building.apply(view);
                    if (rebuild != null) {
                        return "rebuild " + rebuild + " folds events by what was decided about them so far:"
                                + " wait until it has ended, or cancel it";
                    }
                }
            }
        }
        return null;
    }

    private static boolean isDecision(Write write) {
        return write.map().equals(Names.DEAD_LETTER_DECISIONS);
    }

    /** A decision is where the log is before it counts. */
    private void keep(Turn turn, Decider decider, Write write) {
        decider.decide(write.value(), turn::require);
        turn.write(
                decisions,
                write.key(),
                write.value() == null ? null : new HazelcastJsonValue(Json.text(write.value())));
    }

    /** A projector that is asked about one letter, and the calls that it did not survive meanwhile. */
    private final class Asking {
        final Projector projector;
        private final Blame blame;
        private boolean careful;

        Asking(Pipeline pipeline) {
            projector = pipeline.projector();
            blame = new Blame(projector, pipeline.statistics().contained, log);
        }

        <T> T ask(Function<Care, T> question) {
            RuntimeException last = null;
            for (int failures = 0; failures < MAX_FAILURES; failures++) {
                String asked = projector.life().instance();
                Crumb crumb;
                String failure;
                try {
                    return question.apply(careful ? blame.care() : Care.NONE);
                } catch (ProjectorAway e) {
                    last = e;
                    crumb = e.crumb;
                    failure = null;
                } catch (ProjectorFailed e) {
                    last = e;
                    crumb = e.crumb;
                    failure = "failed: " + e.getMessage();
                }
                careful = true;
                if (!await(crumb, asked, failure, failures)) {
                    break;
                }
            }
            throw new ProjectorAway(last.getMessage(), last);
        }

        /** Until it is there again, for a while. */
        private boolean await(Crumb crumb, String asked, String failure, int failures) {
            try {
                Thread.sleep(Math.min(MAX_BACKOFF_MILLIS, FIRST_BACKOFF_MILLIS << failures));
                long until = System.nanoTime() + AWAY_NANOS;
                while (!projector.probe()) {
                    if (System.nanoTime() > until) {
                        return false;
                    }
                    Thread.sleep(PROBE_MILLIS);
                }
                blame.found(crumb, asked, failure);
                return true;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted between two tries", e);
            }
        }
    }

    private Resolving ask(Asking asking, Order order) {
        return rounds.ask(
                0,
                new Loaded(),
                (round, loaded) -> asking.ask(care -> asking.projector.resolve(
                        order, Clock.iso(Clock.micros()), retries.attempts(), retries.backoffMillis(), loaded, care)));
    }

    /** A record that is too old for the map is in the log. */
    private void load(Map<String, List<String>> needs, Loaded loaded) {
        loader.load(needs, loaded);
        Map<String, byte[]> records = loaded.get(Names.EVENT_STORE);
        if (records != null && store.log().isDurable()) {
            List<String> missing = needs.getOrDefault(Names.EVENT_STORE, List.of()).stream()
                    .filter(key -> records.get(key) == null)
                    .toList();
            records.putAll(store.log().records(missing));
        }
    }

    /** Writes and tells how the events stand now. */
    private Settling settle(Asking asking, List<Resolving.Affected> affected, String without) {
        if (affected.isEmpty()) {
            return new Settling(Map.of(), List.of(), false);
        }
        Settling settling = rounds.ask(
                0,
                new Loaded(),
                (round, loaded) -> asking.ask(
                        care -> asking.projector.settle(affected, without, Clock.iso(Clock.micros()), loaded, care)));
        tell(settling.events());
        return settling;
    }

    private void tell(List<Settled> settled) {
        List<Change> changes = new ArrayList<>();
        Notices notices = new Notices(store.hazelcast());
        for (Settled event : settled) {
            if (event.isFinal()) {
                changes.add(Change.set(event.eventId(), event.completion()));
                notices.add(event.replyTo(), Json.text(event.completion()), "");
            }
        }
        store.entries().change(Names.COMPLETED_EVENTS, changes).join();
        notices.send();
    }

    /**
     * How an event is tried again that a projection can't take yet.
     *
     * @param attempts how often it is tried in all, before its dead letter is final
     * @param backoffMillis the second retry comes twice this after the first, and each further one twice as late
     */
    public record Retries(int attempts, long backoffMillis) {}
}
