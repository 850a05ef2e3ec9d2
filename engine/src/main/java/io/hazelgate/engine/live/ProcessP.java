package io.hazelgate.engine.live;

import com.hazelcast.jet.core.AbstractProcessor;
import com.hazelcast.jet.core.Inbox;
import com.hazelcast.jet.core.Processor;
import io.hazelgate.engine.lanes.Lanes;
import io.hazelgate.engine.log.LogAway;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * The stage "process": gathers what has arrived into a batch and has it processed, one batch at a time, on a thread of its own.
 *
 * <p>Under load batches grow, at rest an event goes alone. It starts with what an earlier run left in {@code pending-events}.
 */
final class ProcessP extends AbstractProcessor {
    /** A batch of fewer events is not worth a thread of its own for its plan. */
    private static final int MIN_PLANNED_EVENTS = 100;
    /** So many batches are prepared while the one before them is under way: the projector has the next one when it is done. */
    private static final int MAX_PREPARED = 2;

    private static final long END_SECONDS = 5;
    private static final long LOG_AWAY_MILLIS = 200;
    /** So long events wait that were held up by others' claims, while there is nothing else to do. */
    private static final long FIRST_CONTESTED_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long MAX_CONTESTED_NANOS = TimeUnit.MILLISECONDS.toNanos(32);
    private static final long CLAIMS_MILLIS = 500;

    private static final String WORKER = "hazelgate-process";
    private static final String PLANNER = "hazelgate-plan";
    /** The threads that work on batches. */
    static final List<String> THREADS = List.of(WORKER, PLANNER);

    private final String pipelineName;
    private Pipeline pipeline;
    private Prepare prepare;
    private BatchProcessor batchProcessor;
    private ExecutorService worker;
    private ExecutorService planner;
    private Arrivals arrivals;
    private OwnedLanes lanes;
    private CompletableFuture<List<Received>> leftovers;
    private boolean tookOver;
    private final List<Next> prepared = new ArrayList<>();
    private Future<List<Received>> running;
    private Run run;
    private ScheduledExecutorService watcher;
    /** How many of the events that wait were held up by others' claims in the last batch. */
    private int contestedCount;

    private long contestedNanos;
    private long contestedUntil;

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
        pipeline.job().begins();
        lanes = new OwnedLanes(pipeline.shared(), pipelineName, pipeline.laneIn(0));
        pipeline.takeover().begins(lanes);
        prepare = new Prepare(pipeline, lanes);
        batchProcessor = new BatchProcessor(pipeline, lanes);
        Lanes all = pipeline.shared().lanes();
        arrivals = new Arrivals(
                pipeline.eventTypes(),
                pipeline.reconciler(),
                event -> event.partition(all),
                pipeline.statistics().journalLost);
        worker = Executors.newSingleThreadExecutor(task -> new Thread(task, WORKER));
        planner = Executors.newFixedThreadPool(MAX_PREPARED, task -> new Thread(task, PLANNER));
        watcher = Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "hazelgate-claims"));
        ClaimWatch claims = new ClaimWatch(pipeline.shared(), lanes);
        watcher.scheduleWithFixedDelay(() -> look(claims), CLAIMS_MILLIS, CLAIMS_MILLIS, TimeUnit.MILLISECONDS);
        pipeline.reconciler().begin();
        leftovers = CompletableFuture.supplyAsync(this::leftovers, worker);
    }

    private void look(ClaimWatch claims) {
        try {
            claims.look();
        } catch (RuntimeException e) {
            getLogger().fine("claims are looked at again later", e);
        }
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
            List<Received> found = leftovers.join();
            arrivals.putInFront(found);
            if (!tookOver) {
                tookOver = true;
                pipeline.takeover().took(found);
            }
            leftovers = null;
        }
        for (Received found = pipeline.reconciler().poll();
                found != null;
                found = pipeline.reconciler().poll()) {
            arrivals.take(found);
        }
        if (running != null && running.isDone()) {
            putBack(result(running));
            running = null;
        }
        if (done.isEmpty() && arrivals.hasStrays() && pipeline.job().begin()) {
            done.add(Strays.refused(arrivals.takeStrays()));
        }
        // A batch that had to be done in parts leaves in parts.
        while (!done.isEmpty() && tryEmit(done.peek())) {
            done.remove();
        }
        if (arrivals.areIncomplete() && prepared.isEmpty()) {
            Set<Integer> partitions = arrivals.takeIncomplete();
            leftovers = CompletableFuture.supplyAsync(
                    () -> pipeline.reconciler().inOrder(lanes.pendingKeys(partitions)), worker);
            return;
        }
        if (running == null && done.isEmpty()) {
            startNext();
        }
        if (!arrivals.areIncomplete()
                && running != null
                && prepared.size() < MAX_PREPARED
                && (prepared.isEmpty() ? run : prepared.get(prepared.size() - 1).run).isKnown()
                && arrivals.size() >= MIN_PLANNED_EVENTS) {
            prepared.add(prepare(arrivals.nextBatch()));
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
                planned.complete(prepare.prepare(events, prepares, before));
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
        boolean nothingNew = prepared.isEmpty() && arrivals.size() <= contestedCount;
        if (nothingNew && (contestedCount == 0 || System.nanoTime() - contestedUntil < 0)) {
            return;
        }
        if (!pipeline.job().begin()) {
            // Drained: nothing may be inside the gate until it goes on.
            dropAhead();
            return;
        }
        if (!prepared.isEmpty()) {
            Next next = prepared.remove(0);
            run = next.run;
            start(next.planned);
        } else {
            List<Received> events = arrivals.nextBatch();
            run = new Run(events);
            start(CompletableFuture.completedFuture(Planned.nothing(events)));
        }
    }

    /**
     * Puts events that others' claims hold up in front of what is in no batch yet. They wait longer each time while there is nothing else,
     * and not as long as others do that wait for the same.
     */
    private void putBack(List<Received> contested) {
        contestedCount = contested.size();
        if (contested.isEmpty()) {
            contestedNanos = FIRST_CONTESTED_NANOS;
            return;
        }
        contestedNanos = Math.min(MAX_CONTESTED_NANOS, Math.max(FIRST_CONTESTED_NANOS, 2 * contestedNanos));
        contestedUntil =
                System.nanoTime() + ThreadLocalRandom.current().nextLong(contestedNanos / 2, contestedNanos + 1);
        boolean overtaken = prepared.stream().anyMatch(next -> !Contested.and(Set.of(), next.events, contested)
                .isEmpty());
        if (overtaken) {
            dropAhead();
            List<Received> planned = new ArrayList<>();
            prepared.forEach(next -> planned.addAll(next.events));
            prepared.clear();
            arrivals.putBack(planned);
        }
        arrivals.putBack(contested);
    }

    private void start(CompletableFuture<Planned> planned) {
        Run started = run;
        running = worker.submit(() -> {
            try {
                List<Received> left = batchProcessor.process(planned.get(), started, this::finished);
                started.wentThrough();
                return left;
            } finally {
                started.ended();
                pipeline.job().ended();
            }
        });
    }

    /** What the next batches would come to is worked out anew when they begin. */
    private void dropAhead() {
        prepared.replaceAll(next -> next.maybeAhead ? next.withoutAhead() : next);
    }

    /** A part of a batch is under way by itself, until it is cleaned up. */
    private void finished(Batch part) {
        pipeline.job().entered();
        done.add(part);
    }

    @Override
    public void process(int ordinal, Inbox inbox) {
        // While anything stays in the inbox, Jet calls this method and no other.
        advance();
        // All is taken, for what is in flight is bounded at the entry. To hold up the source would let the ring of the
        // journal, which the pipelines share, run over it.
        for (Object event = inbox.poll(); event != null; event = inbox.poll()) {
            arrivals.take((Received) event);
        }
    }

    private static List<Received> result(Future<List<Received>> finished) {
        try {
            return finished.get();
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
            pipeline.takeover().ends();
            pipeline.job().ends();
            worker.shutdownNow();
            planner.shutdownNow();
            watcher.shutdownNow();
            awaitEnd(worker);
            awaitEnd(planner);
            dropAhead();
            prepare.close();
            batchProcessor.close();
        }
    }
}
