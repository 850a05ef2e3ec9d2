package io.hazelgate.engine.rebuild;

import com.hazelcast.logging.ILogger;
import io.hazelgate.engine.fold.Decisions;
import io.hazelgate.engine.fold.EntryWriter;
import io.hazelgate.engine.fold.Rounds;
import io.hazelgate.engine.live.Pipeline;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.log.StoredEvent;
import io.hazelgate.engine.projector.Answer;
import io.hazelgate.engine.projector.Asker;
import io.hazelgate.engine.projector.Care;
import io.hazelgate.engine.projector.Containment;
import io.hazelgate.engine.projector.Projector;
import io.hazelgate.engine.projector.Write;
import io.hazelgate.engine.wire.EntryLoader;
import io.hazelgate.engine.wire.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Folds batches each for itself, also where others write into the same entries: the projector reads the next batch while the writes of
 * the one before are under way. What another member was faster with is folded again.
 *
 * @param <B> what the caller knows of a batch
 */
final class OneByOne<B> implements AutoCloseable {
    /** After this long without a projector the job looks whether the rebuild is still wanted. */
    private static final long AWAY_MILLIS = 10_000;

    private final List<Pipeline> pipelines;
    private final Rebuild rebuild;
    private final EntryWriter writer;
    private final Rounds rounds;
    private final Decisions decisions;
    private final int partitionCount;
    private final Consumer<B> done;
    private final ILogger logger;
    private final Map<Pipeline, Asking> askers = new HashMap<>();
    private InFlight inFlight;
    private B last;

    /** Who is asked about the events of one pipeline: about the next batch, and about one that is folded again. */
    private record Asking(Pipeline pipeline, Projector projector, Asker next, Asker again, ILogger log) {
        static Asking of(Pipeline pipeline, ILogger log) {
            Projector projector = pipeline.projector();
            return new Asking(pipeline, projector, projector.newFolder(), projector.newFolder(), log);
        }

        /** Tries until it is done, in parts where a handler hangs or takes the projector along: as new events are processed. */
        void contained(List<byte[]> records, Containment.Attempt<byte[], Folded> attempt, Consumer<Folded> done) {
            try {
                new Containment<>(
                                projector.patientFor(AWAY_MILLIS),
                                Asking::eventId,
                                attempt,
                                failure -> false,
                                pipeline.statistics().contained,
                                log)
                        .process(records, attempt, done);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while it folded the log", e);
            }
        }

        void close() {
            next.close();
            again.close();
        }

        private static String eventId(byte[] record) {
            return Json.stringField(record, "eventId");
        }
    }

    /** What records come to. */
    private record Folded(List<byte[]> records, List<Write> writes) {}

    /** Records whose writes are under way; answered are those that have to be folded again. */
    private record InFlight(Asking asking, List<byte[]> records, CompletableFuture<Set<Integer>> refused) {}

    /** @param done told of each batch once everything of it is written */
    OneByOne(Store store, List<Pipeline> pipelines, Rebuild rebuild, Decisions decisions, Consumer<B> done) {
        this.pipelines = pipelines;
        this.rebuild = rebuild;
        this.decisions = decisions;
        this.done = done;
        partitionCount = store.hazelcast().getPartitionService().getPartitions().size();
        logger = store.hazelcast().getLoggingService().getLogger(OneByOne.class);
        writer = new EntryWriter(store.entries(), rebuild::mapOf);
        EntryLoader loader = new EntryLoader(store.entries(), rebuild::mapOf);
        rounds = new Rounds((needs, loaded) -> {
            // The projector has what was loaded before.
            loaded.clear();
            loader.load(needs, loaded);
        });
    }

    /** By pipeline: each has a projector, which knows its event types. Writes may be under way afterwards. */
    void fold(List<StoredEvent> events, B what) {
        Map<Integer, List<byte[]>> groups = new TreeMap<>();
        for (StoredEvent event : events) {
            groups.computeIfAbsent(event.lane() / partitionCount, pipeline -> new ArrayList<>())
                    .add(event.record());
        }
        for (Map.Entry<Integer, List<byte[]>> group : groups.entrySet()) {
            Asking asking = asking(group.getKey());
            // The writes before it come to their end while the projector reads.
            asking.contained(
                    group.getValue(),
                    (records, care) -> fold(asking, asking.next, records, care, this::settle),
                    folded -> {
                        settle();
                        inFlight = new InFlight(asking, folded.records, write(folded.writes));
                    });
        }
        if (groups.isEmpty()) {
            settle();
        }
        last = what;
    }

    /** One try. */
    private Folded fold(Asking asking, Asker folder, List<byte[]> records, Care care, Runnable meanwhile) {
        long batchId = asking.projector.newBatchId();
        Answer answer = rounds.ask(0, decisions.about(records), (round, loaded) -> {
            Answer said = folder.fold(batchId, round, rebuild.targets().keySet(), records, loaded, care);
            if (round == 0) {
                meanwhile.run();
            }
            return said;
        });
        return new Folded(records, answer.writes());
    }

    private Asking asking(int pipelineNumber) {
        // Events of a pipeline that is gone are for the one that takes what no other does.
        Pipeline pipeline = pipelines.get(pipelineNumber < pipelines.size() ? pipelineNumber : 0);
        return askers.computeIfAbsent(pipeline, asked -> Asking.of(asked, logger));
    }

    /** Waits for the writes under way. What another member was faster with is folded again onto what is there now. */
    void settle() {
        if (inFlight != null) {
            Asking asking = inFlight.asking;
            List<byte[]> records = inFlight.records;
            Set<Integer> late = outcome(inFlight);
            while (!late.isEmpty()) {
                List<Integer> places = List.copyOf(late);
                List<byte[]> some = places.stream().map(records::get).toList();
                Set<Integer> still = new TreeSet<>();
                // Parts come in order, one behind the other.
                int[] begin = {0};
                asking.contained(some, (part, care) -> fold(asking, asking.again, part, care, () -> {}), folded -> {
                    for (int place : write(folded.writes).join()) {
                        still.add(places.get(begin[0] + place));
                    }
                    begin[0] += folded.records.size();
                });
                late = still;
            }
            inFlight = null;
        }
        if (last != null) {
            done.accept(last);
            last = null;
        }
    }

    private Set<Integer> outcome(InFlight batch) {
        try {
            return batch.refused.join();
        } catch (RuntimeException e) {
            logger.fine("writes of a rebuild failed, and their events are folded again", e);
            return IntStream.range(0, batch.records.size()).boxed().collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /** Makes writes; answers which records they were about that were refused. */
    private CompletableFuture<Set<Integer>> write(List<Write> writes) {
        return writer.write(writes).thenApply(EntryWriter::eventsOf);
    }

    @Override
    public void close() {
        askers.values().forEach(Asking::close);
        askers.clear();
    }
}
