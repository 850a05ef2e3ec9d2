package io.hazelgate.engine.pipeline;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.Clock;
import io.hazelgate.engine.Engine;
import io.hazelgate.engine.Json;
import io.hazelgate.engine.Lanes;
import io.hazelgate.engine.Names;
import io.hazelgate.engine.projector.Answer;
import io.hazelgate.engine.projector.Input;
import io.hazelgate.engine.projector.Outcome;
import io.hazelgate.engine.projector.Projector;
import io.hazelgate.engine.projector.ProjectorAway;
import io.hazelgate.engine.projector.Write;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * The heart of the pipeline, one batch at a time: plan, load, project, persist, update views.
 *
 * <p>Each of its steps may be cut short by a crash and is safe to do again: what an earlier run has stored is recognized by
 * {@code event-ids} and the store, and what it has applied by the entries' own marks.
 */
final class BatchProcessor {
    private static final int MAX_ROUNDS = 16;
    private static final long FIRST_BACKOFF_MILLIS = 20;
    private static final long MAX_BACKOFF_MILLIS = 1_000;

    private final Engine engine;
    private final Projector projector;
    private final Lanes lanes;
    private final EntryLoader loader;
    private final Notices notices;
    private final IMap<String, HazelcastJsonValue> eventIds;
    private final IMap<String, HazelcastJsonValue> eventStore;
    private final HazelcastInstance hazelcast;
    private final ILogger log;

    BatchProcessor(Engine engine) {
        this.engine = engine;
        hazelcast = engine.hazelcast();
        projector = engine.projector();
        lanes = engine.lanes();
        loader = new EntryLoader(hazelcast);
        notices = new Notices(hazelcast);
        eventIds = hazelcast.getMap(Names.EVENT_IDS);
        eventStore = hazelcast.getMap(Names.EVENT_STORE);
        log = hazelcast.getLoggingService().getLogger(BatchProcessor.class);
    }

    /** Tries until it is done: what fails here passes, and the events can't be done without. */
    Batch process(List<Received> events) throws InterruptedException {
        List<byte[]> found = new ArrayList<>();
        long backoff = FIRST_BACKOFF_MILLIS;
        while (true) {
            try {
                projector.awaitReady();
                return attempt(events, found);
            } catch (StoreConflict e) {
                engine.statistics().conflicts.add(e.found().size());
                found.addAll(e.found());
            } catch (ProjectorAway e) {
                log.warning(e.getMessage() + "; " + events.size() + " events wait for it");
                Thread.sleep(FIRST_BACKOFF_MILLIS);
            } catch (RuntimeException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedException();
                }
                log.warning("a batch of " + events.size() + " events failed and is tried again in " + backoff + " ms", e);
                Thread.sleep(backoff);
                backoff = Math.min(MAX_BACKOFF_MILLIS, backoff * 2);
            }
        }
    }

    private Batch attempt(List<Received> events, List<byte[]> found) throws StoreConflict {
        long batchId = projector.newBatchId();
        Set<String> ids = new LinkedHashSet<>();
        events.forEach(event -> ids.add(event.eventId()));
        EntryLoader.Known known = loader.loadKnown(ids);

        List<Input> inputs = inputs(events, found);
        Map<String, Map<String, byte[]>> loaded = new HashMap<>();
        Answer answer = projector.process(batchId, 0, inputs, loaded);
        boolean seenBefore = known.await();
        if (seenBefore) {
            inputs = withKnown(inputs, events, found.size(), known);
        }
        if (seenBefore || answer.needsMore()) {
            loader.load(answer.needs(), loaded);
            answer = fold(batchId, inputs, loaded);
        }
        List<Outcome> outcomes = answer.outcomes().subList(found.size(), inputs.size());

        long persistedAt = Clock.micros();
        List<byte[]> records = persist(events, outcomes, inputs.subList(found.size(), inputs.size()), persistedAt);
        sendStoredNotices(outcomes, persistedAt);
        updateViews(batchId, answer.writes(), inputs, found, records);
        return new Batch(events, outcomes, records, persistedAt, Clock.micros());
    }

    private List<Input> inputs(List<Received> events, List<byte[]> found) {
        int[] laneNumbers = new int[events.size()];
        for (int i = 0; i < laneNumbers.length; i++) {
            laneNumbers[i] = lanes.laneOf(events.get(i).key());
        }
        long[] positions = lanes.next(laneNumbers);
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

    private static List<Input> withKnown(
            List<Input> inputs, List<Received> events, int foundCount, EntryLoader.Known known) {
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

    /** Asks the projector until it has seen all that it needs. */
    private Answer fold(long batchId, List<Input> inputs, Map<String, Map<String, byte[]>> loaded) {
        for (int round = 1; round <= MAX_ROUNDS; round++) {
            Answer answer = projector.process(batchId, round, inputs, loaded);
            if (!answer.needsMore()) {
                return answer;
            }
            loader.load(answer.needs(), loaded);
        }
        throw new IllegalStateException("the projector asked for more entries in each of " + MAX_ROUNDS + " rounds");
    }

    /** Ids first, then the store: an id without its record is a claim that nobody relies on. */
    private List<byte[]> persist(List<Received> events, List<Outcome> outcomes, List<Input> inputs, long persistedAt)
            throws StoreConflict {
        Map<String, HazelcastJsonValue> ids = new LinkedHashMap<>();
        Map<String, HazelcastJsonValue> stored = new LinkedHashMap<>();
        Map<String, String> eventOfStoreKey = new HashMap<>();
        List<CompletionStage<?>> refusals = new ArrayList<>();
        List<byte[]> records = new ArrayList<>(outcomes.size());
        byte[] prefix = ("{\"persistedAt\":\"" + Clock.iso(persistedAt) + "\",").getBytes();
        for (int i = 0; i < outcomes.size(); i++) {
            Outcome outcome = outcomes.get(i);
            String eventId = events.get(i).eventId();
            byte[] record = null;
            if (outcome.kind() == Outcome.ACCEPTED) {
                record = spliced(prefix, outcome.record());
                ids.put(eventId, Json.value(outcome.idRecord()));
                stored.put(outcome.storeKey(), Json.value(record));
                eventOfStoreKey.put(outcome.storeKey(), eventId);
            } else if (outcome.kind() == Outcome.ALREADY_STORED) {
                record = inputs.get(i).storedRecord();
            } else if (outcome.kind() == Outcome.REFUSED && outcome.idRecord() != null) {
                refusals.add(eventIds.setAsync(
                        eventId,
                        Json.value(outcome.idRecord()),
                        engine.settings().completedTtlSeconds(),
                        TimeUnit.SECONDS));
            }
            records.add(record);
        }
        if (!stored.isEmpty()) {
            eventIds.setAllAsync(ids).toCompletableFuture().join();
            store(stored, eventOfStoreKey);
        }
        refusals.forEach(refusal -> refusal.toCompletableFuture().join());
        return records;
    }

    private void store(Map<String, HazelcastJsonValue> stored, Map<String, String> eventOfStoreKey)
            throws StoreConflict {
        Map<String, HazelcastJsonValue> present = eventStore
                .submitToKeys(stored.keySet(), new StoreIfAbsent(stored))
                .toCompletableFuture()
                .join();
        List<byte[]> others = new ArrayList<>();
        present.forEach((storeKey, record) -> {
            // Our own record is there where a write was repeated after an answer got lost.
            if (record != null && !Json.isOfEvent(record.getValue(), eventOfStoreKey.get(storeKey))) {
                others.add(Json.bytes(record));
            }
        });
        if (!others.isEmpty()) {
            throw new StoreConflict(others);
        }
    }

    private void updateViews(
            long batchId, List<Write> writes, List<Input> inputs, List<byte[]> found, List<byte[]> records) {
        Set<Integer> conflicting = write(writes);
        long backoff = 1;
        while (!conflicting.isEmpty()) {
            engine.statistics().conflicts.add(conflicting.size());
            List<Input> again = new ArrayList<>();
            for (int index : conflicting) {
                byte[] record = index < found.size() ? found.get(index) : records.get(index - found.size());
                Input input = inputs.get(index);
                again.add(new Input(
                        new byte[0], input.lane(), input.position(), input.receivedAt(), null, record));
            }
            Answer answer = fold(batchId, again, new HashMap<>());
            List<Integer> indexes = List.copyOf(conflicting);
            conflicting = new TreeSet<>();
            for (int index : write(answer.writes())) {
                conflicting.add(indexes.get(index));
            }
            sleep(backoff);
            backoff = Math.min(MAX_BACKOFF_MILLIS, backoff * 2);
        }
    }

    /** Returns the indexes of the events whose writes were refused, because another member had changed the entry meanwhile. */
    private Set<Integer> write(List<Write> writes) {
        Map<String, List<Write>> byMap = new LinkedHashMap<>();
        writes.forEach(write ->
                byMap.computeIfAbsent(write.map(), map -> new ArrayList<>()).add(write));
        Map<String, CompletionStage<Map<String, Boolean>>> running = new LinkedHashMap<>();
        byMap.forEach((mapName, mapWrites) -> {
            ConditionalWrite processor = new ConditionalWrite(mapWrites.size());
            Set<String> keys = new LinkedHashSet<>();
            for (Write write : mapWrites) {
                processor.add(write);
                keys.add(write.key());
            }
            IMap<String, HazelcastJsonValue> map = hazelcast.getMap(mapName);
            running.put(mapName, map.submitToKeys(keys, processor));
        });
        Set<Integer> refused = new TreeSet<>();
        running.forEach((mapName, results) -> {
            Map<String, Boolean> conflicts = results.toCompletableFuture().join();
            if (conflicts.containsValue(Boolean.TRUE)) {
                for (Write write : byMap.get(mapName)) {
                    if (Boolean.TRUE.equals(conflicts.get(write.key()))) {
                        Arrays.stream(write.events()).forEach(refused::add);
                    }
                }
            }
        });
        return refused;
    }

    private void sendStoredNotices(List<Outcome> outcomes, long persistedAt) {
        String stamp = ",\"persistedAt\":\"" + Clock.iso(persistedAt) + "\"}";
        for (Outcome outcome : outcomes) {
            if (outcome.notifyStored() && outcome.kind() == Outcome.ACCEPTED) {
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
