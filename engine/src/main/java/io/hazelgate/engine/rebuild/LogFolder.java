package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.logging.ILogger;
import io.hazelgate.engine.fold.Decisions;
import io.hazelgate.engine.fold.EntryWriter;
import io.hazelgate.engine.fold.Replaying;
import io.hazelgate.engine.fold.Rounds;
import io.hazelgate.engine.live.Pipeline;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.projector.Answer;
import io.hazelgate.engine.projector.Care;
import io.hazelgate.engine.projector.Containment;
import io.hazelgate.engine.projector.Folder;
import io.hazelgate.engine.projector.Write;
import io.hazelgate.engine.rebuild.OwnedEvents.StoredEvent;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.EntryLoader;
import io.hazelgate.engine.wire.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * Folds this member's part of the log into new generations, batch after batch.
 *
 * <p>A member that is alone has it replayed ({@link Replaying}). Where others write into the same entries, or something is unusual, each
 * batch is folded for itself, and the projector reads the next one while the writes of the one before it are under way. An entry's marks
 * say which events it has seen, so a batch may be folded again after anything went wrong.
 */
final class LogFolder {
    static final int MAX_EVENTS = 2_000;
    private static final int MAX_BYTES = 4 * 1024 * 1024;
    private static final long SAVE_NANOS = 500_000_000;
    /** After this long without a projector the job looks whether the rebuild is still wanted. */
    private static final long AWAY_MILLIS = 10_000;
    /** So many batches are folded one by one after a replay has ended before its time: what was unusual is among them. */
    private static final int BATCHES_ONE_BY_ONE = 8;

    private final HazelcastInstance hazelcast;
    private final List<Pipeline> pipelines;
    private final Rebuild rebuild;
    private final OwnedEvents log;
    private final Entries entries;
    private final EntryWriter writer;
    private final Rounds rounds;
    private final Progress progress;
    /** None is made about these views while they are built: {@link Rebuilds#building}. */
    private final Decisions decisions;

    private final ILogger logger;
    /** Behind what was read, and behind what is written. */
    private String cursor;

    private String writtenCursor;
    private Replaying<Reached> replaying;
    private int oneByOne;
    private final Map<Pipeline, Asking> askers = new HashMap<>();
    private final int partitionCount;
    private InFlight inFlight;
    private Reached ahead;
    private ReadAhead readAhead;
    private long savedAtNanos = System.nanoTime();

    /** Who is asked about the events of one pipeline: about the next batch, and about one that is folded again. */
    private static final class Asking {
        final Folder next;
        final Folder again;
        private final Pipeline pipeline;
        private final ILogger log;

        Asking(Pipeline pipeline, ILogger log) {
            this.pipeline = pipeline;
            this.log = log;
            next = pipeline.projector().newFolder();
            again = pipeline.projector().newFolder();
        }

        /** Tries until it is done, in parts where a handler hangs or takes the projector along: as new events are processed. */
        void contained(List<byte[]> records, Containment.Attempt<byte[], Folded> attempt, Consumer<Folded> done) {
            try {
                new Containment<>(
                                pipeline.projector().patientFor(AWAY_MILLIS),
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
            return Json.stringField(new String(record, StandardCharsets.UTF_8), "eventId");
        }
    }

    /** What records come to. */
    private record Folded(List<byte[]> records, List<Write> writes) {}

    /** Records whose writes are under way; answered are those that have to be folded again. */
    private record InFlight(Asking asking, List<byte[]> records, CompletableFuture<Set<Integer>> refused) {}

    /** The events behind a cursor, which are read while those before them are folded. */
    private record ReadAhead(String after, CompletableFuture<List<StoredEvent>> events) {
        List<StoredEvent> joined() {
            try {
                return events.join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof RuntimeException cause ? cause : e;
            }
        }
    }

    /** How far the writes under way bring it. */
    private record Reached(String cursor, int events) {}

    LogFolder(Store store, OwnedEvents log, Pipelines pipelines, Rebuild rebuild) {
        hazelcast = store.hazelcast();
        this.pipelines = pipelines.all();
        this.rebuild = rebuild;
        this.log = log;
        entries = store.entries();
        writer = new EntryWriter(entries, rebuild::mapOf);
        EntryLoader loader = new EntryLoader(entries, rebuild::mapOf);
        rounds = new Rounds((needs, loaded) -> {
            // The projector has what was loaded before.
            loaded.clear();
            loader.load(needs, loaded);
        });
        partitionCount = hazelcast.getPartitionService().getPartitions().size();
        String beginning =
                rebuild.fromPosition() == 0 ? OwnedEvents.BEGINNING : OwnedEvents.cursorAfter(rebuild.fromPosition());
        decisions = Decisions.all(hazelcast);
        progress = new Progress(hazelcast, rebuild.id(), beginning);
        cursor = progress.start();
        writtenCursor = cursor;
        logger = hazelcast.getLoggingService().getLogger(LogFolder.class);
    }

    /**
     * Folds the next batch; its writes may still be under way.
     *
     * @return how many events were read; 0 at the end, then everything is written, and where {@link #hasMoved}
     */
    synchronized int step(long upToPosition, int maxEvents) {
        List<StoredEvent> events = next(upToPosition, maxEvents);
        if (events.isEmpty() || hasMoved()) {
            return settle() || hasMoved() ? 0 : step(upToPosition, maxEvents);
        }
        if (events.size() == maxEvents) {
            String behind = events.get(maxEvents - 1).cursor();
            readAhead = new ReadAhead(
                    behind, CompletableFuture.supplyAsync(() -> log.read(behind, upToPosition, maxEvents, MAX_BYTES)));
        }
        List<StoredEvent> fresh = events.stream().filter(progress::takes).toList();
        Reached reached = new Reached(events.get(events.size() - 1).cursor(), fresh.size());
        if (!isReplayed(fresh)) {
            if (replaying != null) {
                if (!settle()) {
                    return step(upToPosition, maxEvents);
                }
                // What it remembers is no longer how the entries are.
                replaying.close();
                replaying = null;
            }
            foldOneByOne(fresh);
            ahead = reached;
        } else if (!replay(fresh, reached)) {
            return step(upToPosition, maxEvents);
        }
        cursor = reached.cursor;
        return events.size();
    }

    /** Alone, a member may have the projector remember the entries; of several projectors each knows only its own events. */
    private boolean isReplayed(List<StoredEvent> events) {
        if (oneByOne > 0) {
            oneByOne--;
            return false;
        }
        return pipelines.size() == 1
                && hazelcast.getCluster().getMembers().size() == 1
                && decisions.about(records(events)).isEmpty();
    }

    /** False where something is unusual: then it goes on behind what is written, one batch after the other. */
    private boolean replay(List<StoredEvent> events, Reached reached) {
        if (replaying == null) {
            settle();
            replaying = new Replaying<>(
                    pipelines.get(0).projector(), entries, rebuild.targets().keySet(), rebuild::mapOf, this::reached);
        }
        try {
            replaying.add(records(events), reached);
            return true;
        } catch (RuntimeException e) {
            return givenUp(e);
        }
    }

    private boolean givenUp(RuntimeException why) {
        logger.info("rebuild " + rebuild.id() + " folds some events one batch after the other: " + why.getMessage());
        replaying.close();
        replaying = null;
        readAhead = null;
        cursor = writtenCursor;
        oneByOne = BATCHES_ONE_BY_ONE;
        return false;
    }

    private void reached(Reached reached) {
        progress.reached(reached.cursor, reached.events);
        writtenCursor = reached.cursor;
    }

    private static List<byte[]> records(List<StoredEvent> events) {
        return events.stream().map(StoredEvent::record).toList();
    }

    /** By pipeline: each has a projector, which knows its event types. */
    private void foldOneByOne(List<StoredEvent> events) {
        Map<Integer, List<byte[]>> groups = new TreeMap<>();
        for (StoredEvent event : events) {
            groups.computeIfAbsent(event.lane() / partitionCount, pipeline -> new ArrayList<>())
                    .add(event.record());
        }
        for (Map.Entry<Integer, List<byte[]>> group : groups.entrySet()) {
            Asking asking = asking(group.getKey());
            asking.contained(group.getValue(), (records, care) -> fold(asking, records, care), folded -> {
                settleOne();
                inFlight = new InFlight(asking, folded.records, write(folded.writes));
            });
        }
        if (groups.isEmpty()) {
            settleOne();
        }
    }

    /** What was read ahead is as it was settled then: nothing of it comes later. */
    private List<StoredEvent> next(long upToPosition, int maxEvents) {
        ReadAhead ahead = readAhead;
        readAhead = null;
        if (ahead != null && ahead.after.equals(cursor)) {
            List<StoredEvent> events = ahead.joined();
            if (!events.isEmpty()) {
                return events.size() <= maxEvents ? events : events.subList(0, maxEvents);
            }
        }
        return log.read(cursor, upToPosition, maxEvents, MAX_BYTES);
    }

    /** One try. The writes before it come to their end while the projector reads. */
    private Folded fold(Asking asking, List<byte[]> records, Care care) {
        return fold(asking.next, records, care, this::settleOne);
    }

    private Folded foldAgain(Asking asking, List<byte[]> records, Care care) {
        return fold(asking.again, records, care, () -> {});
    }

    private Folded fold(Folder folder, List<byte[]> records, Care care, Runnable meanwhile) {
        Answer answer = rounds.ask(decisions.about(records), (round, loaded) -> {
            if (round > 0) {
                return folder.goOn(round, loaded, care);
            }
            Answer first = folder.begin(rebuild.targets().keySet(), records, loaded, care);
            meanwhile.run();
            return first;
        });
        return new Folded(records, answer.writes());
    }

    private Asking asking(int pipelineNumber) {
        // Events of a pipeline that is gone are for the one that takes what no other does.
        Pipeline pipeline = pipelines.get(pipelineNumber < pipelines.size() ? pipelineNumber : 0);
        return askers.computeIfAbsent(pipeline, asked -> new Asking(asked, logger));
    }

    /** Whether lanes have come or gone since this began: another one has to go on, from what is on record. */
    boolean hasMoved() {
        return !progress.isCurrent();
    }

    /**
     * Folds everything up to a position; to be called while nothing new is stored.
     *
     * @return whether that is done; not where lanes move meanwhile
     */
    synchronized boolean drain(long upToPosition) {
        while (step(upToPosition, MAX_EVENTS) > 0) {
            // one batch after the other
        }
        boolean all = !hasMoved();
        progress.save(all);
        return all;
    }

    /** Puts on record what is folded, for the one that goes on. */
    synchronized void end() {
        settle();
        progress.save(false);
    }

    /** Asks the projectors no more. */
    synchronized void close() {
        if (replaying != null) {
            replaying.close();
            replaying = null;
        }
        askers.values().forEach(Asking::close);
        askers.clear();
    }

    /** Puts on record how far it is, now and then; always when it is about having caught up. */
    synchronized void save(boolean caughtUp) {
        if (caughtUp || System.nanoTime() - savedAtNanos > SAVE_NANOS) {
            boolean all = replaying != null && !caughtUp || settle();
            progress.save(caughtUp && all);
            savedAtNanos = System.nanoTime();
        }
    }

    /** Waits until everything that was read is written; false where some of it has to be read again. */
    private boolean settle() {
        settleOne();
        if (replaying == null) {
            return true;
        }
        try {
            replaying.finish();
            return true;
        } catch (RuntimeException e) {
            return givenUp(e);
        }
    }

    /** Waits for the writes under way. What another member was faster with is folded again onto what is there now. */
    private void settleOne() {
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
                asking.contained(some, (part, care) -> foldAgain(asking, part, care), folded -> {
                    for (int place : write(folded.writes).join()) {
                        still.add(places.get(begin[0] + place));
                    }
                    begin[0] += folded.records.size();
                });
                late = still;
            }
            inFlight = null;
        }
        if (ahead != null) {
            reached(ahead);
            ahead = null;
        }
    }

    private Set<Integer> outcome(InFlight batch) {
        try {
            return batch.refused.join();
        } catch (RuntimeException e) {
            logger.fine("writes of a rebuild failed, and their events are folded again", e);
            Set<Integer> all = new TreeSet<>();
            for (int i = 0; i < batch.records.size(); i++) {
                all.add(i);
            }
            return all;
        }
    }

    /** Makes writes; answers which records they were about that were refused. */
    private CompletableFuture<Set<Integer>> write(List<Write> writes) {
        return writer.write(writes).thenApply(EntryWriter::eventsOf);
    }
}
