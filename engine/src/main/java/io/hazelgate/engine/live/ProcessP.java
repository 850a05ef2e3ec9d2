package io.hazelgate.engine.live;

import com.hazelcast.jet.core.AbstractProcessor;
import com.hazelcast.jet.core.Inbox;
import com.hazelcast.jet.core.Processor;
import io.hazelgate.engine.log.LogAway;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The stage "process": gathers what has arrived into a batch and has it processed, one batch at a time, on a thread of its own.
 *
 * <p>Under load batches grow, at rest an event goes alone. It starts with what an earlier run left in {@code pending-events}.
 */
final class ProcessP extends AbstractProcessor {
    private static final int MAX_BATCH_EVENTS = 1_000;
    private static final int MAX_BATCH_BYTES = 8 * 1024 * 1024;
    /** A batch of fewer events is not worth a thread of its own for its plan. */
    private static final int MIN_PLANNED_EVENTS = 100;
    /** So many batches are prepared while the one before them is under way: the projector has the next one when it is done. */
    private static final int MAX_PREPARED = 2;

    private static final long END_SECONDS = 5;
    private static final long LOG_AWAY_MILLIS = 200;

    private final String pipelineName;
    private Pipeline pipeline;
    private BatchProcessor batchProcessor;
    private ExecutorService worker;
    private ExecutorService planner;
    private ArrayDeque<Received> waiting = new ArrayDeque<>();
    /** Events that no pipeline takes; they don't wait for the projector. */
    private final List<Received> strays = new ArrayList<>();

    private OwnedLanes lanes;
    private CompletableFuture<List<Received>> leftovers;
    /** Partitions of which the journal has brought something: what it brings later follows in order, until it loses some. */
    private final Set<Integer> heard = new HashSet<>();
    /** Partitions whose pending events have to be read: the journal may have begun behind some of them, or has lost some. */
    private final Set<Integer> toRead = new HashSet<>();

    private final List<Next> prepared = new ArrayList<>();
    private Future<?> running;
    /** How the batch goes that was started last. */
    private Run run;

    private final Queue<Batch> done = new ConcurrentLinkedQueue<>();

    /** A batch that is prepared while those before it are under way. */
    private record Next(List<Received> events, Run run, CompletableFuture<Planned> planned, boolean maybeAhead) {
        Next withoutAhead() {
            return new Next(events, new Run(events), planned.thenApply(Planned::withoutAhead), false);
        }
    }

    ProcessP(String pipelineName) {
        this.pipelineName = pipelineName;
    }

    @Override
    protected void init(Processor.Context context) {
        pipeline = Pipelines.named(pipelineName, context.hazelcastInstance());
        pipeline.reset();
        lanes = new OwnedLanes(pipeline.shared(), pipelineName, pipeline.laneIn(0));
        batchProcessor = new BatchProcessor(pipeline, lanes);
        worker = Executors.newSingleThreadExecutor(task -> new Thread(task, "hazelgate-process"));
        planner = Executors.newFixedThreadPool(MAX_PREPARED, task -> new Thread(task, "hazelgate-plan"));
        pipeline.reconciler().begin();
        leftovers = CompletableFuture.supplyAsync(this::leftovers, worker);
    }

    /** What an earlier run left, once the log can tell how far that came. */
    private List<Received> leftovers() {
        try {
            pipeline.shared().readiness().await();
            while (true) {
                try {
                    return takeOver();
                } catch (LogAway e) {
                    Thread.sleep(LOG_AWAY_MILLIS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted before the first event", e);
        }
    }

    @Override
    public boolean tryProcess() {
        advance();
        return true;
    }

    private List<Received> takeOver() {
        lanes.take(lanes.here());
        return pipeline.reconciler().inOrder(pipeline.pendingKeys());
    }

    private void advance() {
        if (leftovers != null) {
            if (!leftovers.isDone()) {
                return;
            }
            putInFront(leftovers.join());
            leftovers = null;
        }
        Received found = pipeline.reconciler().poll();
        while (found != null) {
            take(found);
            found = pipeline.reconciler().poll();
        }
        if (running != null && running.isDone()) {
            check(running);
            running = null;
        }
        if (done.isEmpty() && !strays.isEmpty() && pipeline.begin()) {
            done.add(Strays.refused(List.copyOf(strays)));
            strays.clear();
        }
        // A batch that had to be done in parts leaves in parts.
        while (!done.isEmpty() && tryEmit(done.peek())) {
            done.remove();
        }
        if (!toRead.isEmpty() && prepared.isEmpty()) {
            Set<Integer> partitions = Set.copyOf(toRead);
            toRead.clear();
            leftovers = CompletableFuture.supplyAsync(
                    () -> pipeline.reconciler().inOrder(lanes.pendingKeys(partitions)), worker);
            return;
        }
        if (running == null && done.isEmpty()) {
            startNext();
        }
        if (toRead.isEmpty()
                && running != null
                && prepared.size() < MAX_PREPARED
                && (prepared.isEmpty() ? run : prepared.get(prepared.size() - 1).run).isKnown()
                && waiting.size() >= MIN_PLANNED_EVENTS) {
            prepared.add(prepare(nextEvents()));
        }
    }

    private Next prepare(List<Received> events) {
        Run prepares = new Run(events);
        List<Run.Before> before = new ArrayList<>();
        before.add(run.before());
        prepared.forEach(each -> before.add(each.run.before()));
        CompletableFuture<Planned> planned = new CompletableFuture<>();
        planner.execute(() -> {
            try {
                planned.complete(batchProcessor.prepare(events, prepares, before));
            } catch (InterruptedException e) {
                // This run of the pipeline ends.
                Thread.currentThread().interrupt();
                planned.completeExceptionally(e);
            } catch (RuntimeException e) {
                getLogger().fine("a batch is not prepared", e);
                planned.complete(Planned.nothing(events));
            }
        });
        return new Next(events, prepares, planned, true);
    }

    private void startNext() {
        if (prepared.isEmpty() && waiting.isEmpty()) {
            return;
        }
        if (!pipeline.begin()) {
            // Drained: nothing may be inside the gate until it goes on.
            dropAhead();
            return;
        }
        if (!prepared.isEmpty()) {
            Next next = prepared.remove(0);
            run = next.run;
            start(next.planned);
        } else {
            List<Received> events = nextEvents();
            run = new Run(events);
            start(CompletableFuture.completedFuture(Planned.nothing(events)));
        }
    }

    private void start(CompletableFuture<Planned> planned) {
        Run started = run;
        running = worker.submit(() -> {
            try {
                batchProcessor.process(planned.get(), started, this::finished);
                started.wentThrough();
                return null;
            } finally {
                started.ended();
                pipeline.ended();
            }
        });
    }

    /** What the next batches would come to is worked out anew when they begin. */
    private void dropAhead() {
        prepared.replaceAll(next -> next.maybeAhead ? next.withoutAhead() : next);
    }

    /** A part of a batch is under way by itself, until it is cleaned up. */
    private void finished(Batch part) {
        pipeline.entered();
        done.add(part);
    }

    @Override
    public void process(int ordinal, Inbox inbox) {
        // While anything stays in the inbox, Jet calls this method and no other.
        advance();
        // All is taken, for what is in flight is bounded at the entry. To hold up the source would let the ring of the
        // journal, which the pipelines share, run over it.
        for (Object event = inbox.poll(); event != null; event = inbox.poll()) {
            take((Received) event);
        }
    }

    private void take(Received event) {
        if (event.isAfterLostEvents()) {
            pipeline.statistics().journalLost.increment();
        }
        int partition = event.partition(pipeline.shared().lanes());
        if (heard.add(partition) || event.isAfterLostEvents()) {
            toRead.add(partition);
        }
        if (!isOurs(event)) {
            // It came only because the journal had lost something before it.
            return;
        }
        pipeline.reconciler().arrived(event.key());
        (Strays.isStray(pipeline.eventTypes(), event) ? strays : waiting).add(event);
    }

    private boolean isOurs(Received event) {
        return event.envelope().length > 0
                && (pipeline.eventTypes().isEverything()
                        || pipeline.eventTypes()
                                .receivesEnvelope(new String(event.envelope(), StandardCharsets.UTF_8)));
    }

    /** What was there before goes first; what came twice, by the journal too, is taken once. */
    private void putInFront(List<Received> earlier) {
        Set<String> keys = new HashSet<>();
        Set<String> waitingKeys = new HashSet<>();
        waiting.forEach(event -> waitingKeys.add(event.key()));
        ArrayDeque<Received> all = new ArrayDeque<>();
        for (Received event : earlier) {
            boolean isUnderWay = pipeline.reconciler().has(event.key());
            if (!isOurs(event) || isUnderWay && !waitingKeys.contains(event.key())) {
                continue;
            }
            keys.add(event.key());
            pipeline.reconciler().arrived(event.key());
            (Strays.isStray(pipeline.eventTypes(), event) ? strays : all).add(event);
        }
        waiting.stream().filter(event -> !keys.contains(event.key())).forEach(all::add);
        waiting = all;
    }

    private List<Received> nextEvents() {
        List<Received> events = new ArrayList<>();
        int bytes = 0;
        while (!waiting.isEmpty() && events.size() < MAX_BATCH_EVENTS && bytes < MAX_BATCH_BYTES) {
            Received event = waiting.poll();
            bytes += event.envelope().length;
            events.add(event);
        }
        return events;
    }

    private static void check(Future<?> finished) {
        try {
            finished.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (java.util.concurrent.ExecutionException e) {
            throw new IllegalStateException("the batch processor gave up", e.getCause());
        }
    }

    /** The batch under way ends here, so that none runs beside the next run's; should it hang, the store refuses it. */
    private void awaitEnd(ExecutorService executor) {
        try {
            if (!executor.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
                getLogger().warning("a batch of an ended run still hangs; what it does is refused");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        if (worker != null) {
            pipeline.reset();
            worker.shutdownNow();
            planner.shutdownNow();
            awaitEnd(worker);
            awaitEnd(planner);
            dropAhead();
            batchProcessor.close();
        }
    }
}
