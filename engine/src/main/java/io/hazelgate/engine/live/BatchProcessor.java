package io.hazelgate.engine.live;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.logging.ILogger;
import io.hazelgate.engine.fold.EntryWriter;
import io.hazelgate.engine.fold.Rounds;
import io.hazelgate.engine.lanes.Lanes;
import io.hazelgate.engine.log.EventLog;
import io.hazelgate.engine.log.KnownEvents;
import io.hazelgate.engine.log.KnownRecord;
import io.hazelgate.engine.log.LanesTakenOver;
import io.hazelgate.engine.log.LogAway;
import io.hazelgate.engine.log.NewEvent;
import io.hazelgate.engine.log.StoreConflict;
import io.hazelgate.engine.projector.Answer;
import io.hazelgate.engine.projector.Answering;
import io.hazelgate.engine.projector.Asker;
import io.hazelgate.engine.projector.AskerAhead;
import io.hazelgate.engine.projector.BatchTooLarge;
import io.hazelgate.engine.projector.Care;
import io.hazelgate.engine.projector.Containment;
import io.hazelgate.engine.projector.Description;
import io.hazelgate.engine.projector.Input;
import io.hazelgate.engine.projector.Outcome;
import io.hazelgate.engine.projector.Projector;
import io.hazelgate.engine.projector.ProjectorAway;
import io.hazelgate.engine.projector.ProjectorFailed;
import io.hazelgate.engine.projector.Write;
import io.hazelgate.engine.views.Gate;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.EntryLoader;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.LaneTakenOver;
import io.hazelgate.engine.wire.Names;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The heart of the pipeline, one batch at a time: plan, load, project, persist, update views.
 *
 * <p>Each of its steps may be cut short by a crash and is safe to do again: what an earlier run has stored is recognized by
 * {@code event-ids} and the store, and what it has applied by the entries' own marks.
 */
final class BatchProcessor {
    private static final long FIRST_BACKOFF_MILLIS = 20;
    private static final long MAX_BACKOFF_MILLIS = 1_000;

    private static final long LANE_LOST_MILLIS = 20;
    /** For a batch of fewer events no plan is asked for: at rest a question takes longer than what it might spare. */
    private static final int MIN_ASKED_EVENTS = 65;

    private final Shared shared;
    private final EventLog eventLog;
    private final Gate gate;
    private final Pipeline pipeline;
    private final Projector projector;
    private final AskerAhead askingAhead;
    private final Asker projecting;
    private final Lanes lanes;
    private final OwnedLanes owned;
    private final EntryLoader loader;
    private final Rounds rounds;
    private final EntryWriter writer;
    private final Notices notices;
    private final Entries entries;
    private final Containment<Received, Batch> containment;
    private final ILogger log;
    /** What is usual by the description that the projector gave last. */
    private volatile Usual usual;
    /** The batch that is processed. */
    private Run current;

    private record Usual(Description description, UsualReads reads) {}

    /** @param owned the lanes that this run of the pipeline has taken over */
    BatchProcessor(Pipeline pipeline, OwnedLanes owned) {
        this.pipeline = pipeline;
        this.owned = owned;
        shared = pipeline.shared();
        eventLog = shared.store().log();
        gate = shared.gate();
        HazelcastInstance hazelcast = shared.store().hazelcast();
        entries = shared.store().entries();
        projector = pipeline.projector();
        askingAhead = projector.newAskerAhead();
        projecting = projector.newAsker();
        lanes = shared.lanes();
        loader = shared.store().loader();
        rounds = new Rounds(loader::load);
        writer = new EntryWriter(shared.store());
        notices = new Notices(hazelcast);
        log = hazelcast.getLoggingService().getLogger(BatchProcessor.class);
        containment = new Containment<>(
                projector,
                Received::eventId,
                (batch, care) -> attempt(batch, Planned.nothing(batch), care),
                failure -> true,
                pipeline.statistics().contained,
                log);
    }

    /**
     * Prepares a batch while those before it are still under way: what it needs depends on its events alone, and where it has nothing
     * in common with those before it, so does what it comes to.
     *
     * @param before the batches that are not through yet, as they are known by now
     */
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

    /** Null where it is not that simple. */
    private Ahead ahead(List<Received> events, Map<String, List<String>> needs, Run run, List<Run.Before> before)
            throws InterruptedException {
        long pass = enter();
        Ahead ahead = null;
        try {
            ahead = project(events, needs, run, before, () -> gate.leave(pass));
            return ahead;
        } finally {
            if (ahead == null) {
                gate.leave(pass);
            }
        }
    }

    private Ahead project(
            List<Received> events, Map<String, List<String>> needs, Run run, List<Run.Before> before, Runnable leave)
            throws InterruptedException {
        if (!owned.missing(events).isEmpty()) {
            return null;
        }
        KnownEvents known = new KnownEvents(entries, eventLog, idsOf(events));
        Map<String, Map<String, byte[]>> loaded = new HashMap<>();
        loader.load(needs, loaded);
        if (known.await()) {
            return null;
        }
        List<Input> inputs = inputs(events, List.of());
        long batchId = projector.newBatchId();
        Answering answering = askingAhead.ask(batchId, 1, inputs, loaded);
        // Who comes after it asks after it.
        run.asked(needs);
        Answer answer = answering.await();
        if (answer.needsMore()) {
            return null;
        }
        for (Run.Before each : before) {
            if (!each.isUnlike(loaded, answer)) {
                return null;
            }
        }
        run.projected(batchId, loaded, answer);
        return new Ahead(before, batchId, inputs, answer, leave);
    }

    private static Set<String> idsOf(List<Received> events) {
        Set<String> ids = new LinkedHashSet<>();
        events.forEach(event -> ids.add(event.eventId()));
        return ids;
    }

    /** By map the keys of the entries; nothing where the projector did not answer, it is then asked again. */
    private Map<String, List<String>> plan(List<Received> events) {
        Map<String, List<String>> needs = usualReads().of(events, false);
        if (!needs.isEmpty()) {
            return needs;
        }
        List<Input> inputs = new ArrayList<>(events.size());
        for (Received event : events) {
            inputs.add(new Input(event.envelope(), 0, 0, Clock.iso(event.receivedAt()), null, null));
        }
        try {
            return askingAhead
                    .ask(projector.newBatchId(), 0, inputs, Map.of())
                    .await()
                    .needs();
        } catch (ProjectorAway | ProjectorFailed | BatchTooLarge e) {
            log.fine("the plan of a batch is made later", e);
            return Map.of();
        }
    }

    /**
     * Tries until it is done: what fails here passes, or is contained, and the events can't be done without.
     *
     * @param run tells others how it goes
     * @param done takes the batch when it is through; in parts, each as soon as it is, where it was not to be done at once
     */
    void process(Planned planned, Run run, Consumer<Batch> done) throws InterruptedException {
        current = run;
        if (planned.ahead() != null) {
            try {
                // It is inside already.
                processInside(planned, done);
            } finally {
                planned.ahead().end();
            }
            return;
        }
        // While the gate is closed the views of a rebuild change places: nothing is stored or folded then.
        long pass = enter();
        try {
            processInside(planned, done);
        } finally {
            gate.leave(pass);
        }
    }

    private void processInside(Planned planned, Consumer<Batch> done) throws InterruptedException {
        containment.process(planned.events(), (batch, care) -> attempt(batch, planned, care), done);
    }

    /** Waits until nothing is restored or imported, and the gate is open. */
    private long enter() throws InterruptedException {
        while (true) {
            shared.readiness().await();
            long pass = gate.enter();
            if (shared.readiness().viewsProblem() == null) {
                return pass;
            }
            gate.leave(pass);
        }
    }

    /** Asks the projector no more; when no batch is under way. */
    void close() {
        askingAhead.close();
        projecting.close();
    }

    private Batch attempt(List<Received> events, Planned planned, Care care) throws InterruptedException {
        List<byte[]> found = new ArrayList<>();
        Map<String, KnownRecord> inLog = new HashMap<>();
        long backoff = FIRST_BACKOFF_MILLIS;
        while (true) {
            current.tries();
            try {
                return attempt(events, found, inLog, planned, care);
            } catch (StoreConflict e) {
                pipeline.statistics().conflicts.add(e.found().size() + e.known().size());
                addNew(found, e.found());
                inLog.putAll(e.known());
                backoff = pauseBetweenConflicts(e, backoff);
            } catch (LanesTakenOver e) {
                // As below: others have them.
                owned.loseLanes(e.lanes());
                sleep(LANE_LOST_MILLIS);
            } catch (LogAway e) {
                log.warning(e.getMessage() + "; " + events.size() + " events wait, tried again in " + backoff + " ms");
                Thread.sleep(backoff);
                backoff = Math.min(MAX_BACKOFF_MILLIS, backoff * 2);
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof LaneTakenOver taken)) {
                    throw e;
                }
                // Somebody has it by now: back to it only if these events are still to be done.
                owned.lose(taken.partition());
                sleep(LANE_LOST_MILLIS);
            }
        }
    }

    /** A place was taken, and is free again: somebody else's transaction did not come to its end. */
    private static long pauseBetweenConflicts(StoreConflict conflict, long backoff) throws InterruptedException {
        if (!conflict.found().isEmpty() || !conflict.known().isEmpty()) {
            return backoff;
        }
        Thread.sleep(backoff);
        return Math.min(MAX_BACKOFF_MILLIS, backoff * 2);
    }

    private Batch attempt(
            List<Received> events, List<byte[]> found, Map<String, KnownRecord> inLog, Planned planned, Care care)
            throws StoreConflict, LanesTakenOver {
        Ahead ahead = planned.ahead();
        if (ahead != null
                && ahead.holds()
                && current.isFirstTry()
                && owned.missing(events).isEmpty()) {
            return write(events, found, ahead.batchId(), ahead.inputs(), ahead.answer(), care);
        }
        long batchId = projector.newBatchId();
        Set<String> ids = idsOf(events);
        takeOverLanes(events, ids, found);
        KnownEvents known = new KnownEvents(entries, eventLog, ids);
        known.learn(inLog);

        List<Input> inputs = inputs(events, found);
        Map<String, Map<String, byte[]>> loaded = new HashMap<>();
        Map<String, List<String>> needs =
                planned.needs().isEmpty() ? usualReads().of(events, events.size() < MIN_ASKED_EVENTS) : planned.needs();
        Answer answer;
        if (needs.isEmpty()) {
            // The plan is made while the ids are looked up.
            answer = projecting.process(batchId, 0, inputs, loaded, care);
            boolean seenBefore = known.await();
            if (seenBefore) {
                inputs = withKnown(inputs, events, found.size(), known);
            }
            if (seenBefore || answer.needsMore()) {
                loader.load(answer.needs(), loaded);
                answer = fold(batchId, inputs, loaded, care);
            }
        } else {
            loader.load(needs, loaded);
            if (known.await()) {
                inputs = withKnown(inputs, events, found.size(), known);
            }
            answer = fold(batchId, inputs, loaded, care);
        }
        if (!found.isEmpty()) {
            current.troubled();
        }
        current.projected(batchId, loaded, answer);
        return write(events, found, batchId, inputs, answer, care);
    }

    private Batch write(
            List<Received> events, List<byte[]> found, long batchId, List<Input> inputs, Answer answer, Care care)
            throws StoreConflict, LanesTakenOver {
        List<Outcome> all = new ArrayList<>(answer.outcomes());
        List<Outcome> outcomes = all.subList(found.size(), inputs.size());

        long persistedAt = Clock.micros();
        List<byte[]> records = persist(events, outcomes, inputs.subList(found.size(), inputs.size()), persistedAt);
        sendStoredNotices(outcomes, persistedAt);
        updateViews(batchId, answer.writes(), inputs, found, records, all, care);
        current.written(batchId);
        return new Batch(events, outcomes, records, found, persistedAt, Clock.micros());
    }

    private UsualReads usualReads() {
        Description description = projector.description();
        Usual known = usual;
        if (known == null || known.description != description) {
            known = new Usual(description, new UsualReads(description));
            usual = known;
        }
        return known.reads;
    }

    /** What the owner before has stored and not completed is still pending, and goes in front. */
    private void takeOverLanes(List<Received> events, Set<String> ids, List<byte[]> found) {
        Set<Integer> missing = owned.missing(events);
        if (missing.isEmpty()) {
            return;
        }
        owned.take(missing);
        List<String> pending = owned.pendingKeys(missing).stream()
                .map(Names::eventIdOf)
                .filter(eventId -> !ids.contains(eventId))
                .toList();
        KnownEvents known = new KnownEvents(entries, eventLog, pending);
        try {
            known.await();
            known.learn(eventLog.find(pending));
        } catch (LogAway e) {
            // Not ours before it is known what was stored in them.
            missing.forEach(owned::lose);
            throw e;
        }
        addNew(
                found,
                pending.stream()
                        .map(known::storedRecord)
                        .filter(record ->
                                record != null && pipeline.eventTypes().receives(field(record, "eventType")))
                        .sorted(Comparator.comparing(record -> field(record, "cursor")))
                        .toList());
    }

    private static void addNew(List<byte[]> found, List<byte[]> more) {
        for (byte[] record : more) {
            if (found.stream().noneMatch(known -> Arrays.equals(known, record))) {
                found.add(record);
            }
        }
    }

    private static String field(byte[] record, String name) {
        return Json.stringField(new String(record, StandardCharsets.UTF_8), name);
    }

    private List<Input> inputs(List<Received> events, List<byte[]> found) {
        int[] laneNumbers = new int[events.size()];
        for (int i = 0; i < laneNumbers.length; i++) {
            laneNumbers[i] = pipeline.laneIn(events.get(i).partition(lanes));
        }
        long[] positions = lanes.next(laneNumbers.length);
        List<Input> inputs = new ArrayList<>(found.size() + events.size());
        for (byte[] record : found) {
            inputs.add(new Input(new byte[0], 0, 0, Clock.iso(Clock.micros()), null, record));
        }
        for (int i = 0; i < laneNumbers.length; i++) {
            Received event = events.get(i);
            inputs.add(new Input(
                    event.envelope(), laneNumbers[i], positions[i], Clock.iso(event.receivedAt()), null, null));
        }
        return inputs;
    }

    private static List<Input> withKnown(List<Input> inputs, List<Received> events, int foundCount, KnownEvents known) {
        List<Input> with = new ArrayList<>(inputs);
        for (int i = 0; i < events.size(); i++) {
            Input input = inputs.get(foundCount + i);
            String eventId = events.get(i).eventId();
            with.set(
                    foundCount + i,
                    new Input(
                            input.envelope(),
                            input.lane(),
                            input.position(),
                            input.receivedAt(),
                            known.idRecord(eventId),
                            known.storedRecord(eventId)));
        }
        return with;
    }

    private Answer fold(long batchId, List<Input> inputs, Map<String, Map<String, byte[]>> loaded, Care care) {
        return rounds.ask(1, loaded, (round, all) -> projecting.process(batchId, round, inputs, all, care));
    }

    /**
     * The log first, where it is not the maps; then ids, then the store: an id without its record is a claim that nobody relies on. Both only where nothing has changed since it
     * was read: a run that was left behind must not give an event another place, or another answer.
     */
    private List<byte[]> persist(List<Received> events, List<Outcome> outcomes, List<Input> inputs, long persistedAt)
            throws StoreConflict, LanesTakenOver {
        List<NewEvent> newEvents = new ArrayList<>(outcomes.size());
        List<String> refused = new ArrayList<>();
        List<Change> ids = new ArrayList<>(outcomes.size());
        List<Change> stored = new ArrayList<>(outcomes.size());
        Map<String, String> eventOfStoreKey = new HashMap<>();
        long refusalTtlMillis = TimeUnit.SECONDS.toMillis(shared.limits().completedTtlSeconds());
        List<byte[]> records = new ArrayList<>(outcomes.size());
        byte[] prefix = ("{\"persistedAt\":\"" + Clock.iso(persistedAt) + "\",").getBytes();
        for (int i = 0; i < outcomes.size(); i++) {
            Outcome outcome = outcomes.get(i);
            String eventId = events.get(i).eventId();
            byte[] record = null;
            if (outcome.isNew()) {
                record = spliced(prefix, outcome.record());
                newEvents.add(new NewEvent(eventId, outcome.idRecord(), record));
                ids.add(Change.setIfSame(eventId, inputs.get(i).idRecord(), outcome.idRecord()));
                stored.add(Change.setIfSame(outcome.storeKey(), null, record));
                eventOfStoreKey.put(outcome.storeKey(), eventId);
            } else if (outcome.isStoredBefore()) {
                record = inputs.get(i).storedRecord();
            } else if (outcome.kind() == Outcome.REFUSED && outcome.idRecord() != null) {
                refused.add(eventId);
                ids.add(Change.setIfSameFor(eventId, inputs.get(i).idRecord(), outcome.idRecord(), refusalTtlMillis));
            }
            records.add(record);
        }
        requireUnknown(refused);
        eventLog.append(newEvents, owned.run());
        if (!entries.change(Names.EVENT_IDS, ids).join().isEmpty()) {
            // Another run was faster: what it did with these events is looked up.
            throw new StoreConflict(List.of(), Map.of());
        }
        store(stored, eventOfStoreKey);
        return records;
    }

    /** A refused event that the log has is a repeated one, too old for the maps: the first answer holds. */
    private void requireUnknown(List<String> refused) throws StoreConflict {
        Map<String, KnownRecord> inLog = eventLog.find(refused);
        if (!inLog.isEmpty()) {
            throw new StoreConflict(List.of(), inLog);
        }
    }

    private void store(List<Change> stored, Map<String, String> eventOfStoreKey) throws StoreConflict {
        Map<String, byte[]> present =
                entries.changeAsOwner(Names.EVENT_STORE, stored, owned).join();
        if (present.isEmpty()) {
            return;
        }
        List<byte[]> others = new ArrayList<>();
        present.forEach((storeKey, record) -> {
            // The same event under the same key, stored by another run: its id leads to it now.
            if (!Json.isOfEvent(record, eventOfStoreKey.get(storeKey))) {
                others.add(record);
            }
        });
        throw new StoreConflict(others, Map.of());
    }

    /** Writes; what is refused is folded again as stored, and what becomes of it then is put into the outcomes. */
    private void updateViews(
            long batchId,
            List<Write> writes,
            List<Input> inputs,
            List<byte[]> found,
            List<byte[]> records,
            List<Outcome> outcomes,
            Care care) {
        Set<Integer> conflicting = writer.writeLettersFirst(writes);
        long backoff = 1;
        while (!conflicting.isEmpty()) {
            current.troubled();
            pipeline.statistics().conflicts.add(conflicting.size());
            List<Input> again = new ArrayList<>();
            for (int index : conflicting) {
                byte[] record = index < found.size() ? found.get(index) : records.get(index - found.size());
                Input input = inputs.get(index);
                again.add(
                        new Input(input.envelope(), input.lane(), input.position(), input.receivedAt(), null, record));
            }
            Answer answer = fold(batchId, again, new HashMap<>(), care);
            List<Integer> indexes = List.copyOf(conflicting);
            for (int i = 0; i < indexes.size(); i++) {
                Outcome first = outcomes.get(indexes.get(i));
                outcomes.set(
                        indexes.get(i), first.asDecidedNow(answer.outcomes().get(i)));
            }
            conflicting = new TreeSet<>();
            for (int index : writer.writeLettersFirst(answer.writes())) {
                conflicting.add(indexes.get(index));
            }
            sleep(backoff);
            backoff = Math.min(MAX_BACKOFF_MILLIS, backoff * 2);
        }
    }

    private void sendStoredNotices(List<Outcome> outcomes, long persistedAt) {
        String stamp = ",\"persistedAt\":\"" + Clock.iso(persistedAt) + "\"}";
        for (Outcome outcome : outcomes) {
            if (outcome.notifyStored() && outcome.isNew()) {
                notices.add(outcome.replyTo(), Notices.asStored(outcome.completion()), stamp);
            }
        }
        notices.send();
    }

    private static byte[] spliced(byte[] prefix, byte[] object) {
        byte[] whole = new byte[prefix.length + object.length - 1];
        System.arraycopy(prefix, 0, whole, 0, prefix.length);
        System.arraycopy(object, 1, whole, prefix.length, object.length - 1);
        return whole;
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted between two tries", e);
        }
    }
}
