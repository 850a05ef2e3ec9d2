package io.hazelgate.engine.pipeline;

import com.hazelcast.jet.core.AbstractProcessor;
import com.hazelcast.jet.core.Inbox;
import com.hazelcast.jet.core.Processor;
import io.hazelgate.engine.Engine;
import io.hazelgate.engine.Pipeline;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

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

    private final String pipelineName;
    private Pipeline pipeline;
    private BatchProcessor batchProcessor;
    private ExecutorService worker;
    private ExecutorService planner;
    private ArrayDeque<Received> waiting = new ArrayDeque<>();
    /** Events that no pipeline takes; they don't wait for the projector. */
    private final List<Received> strays = new ArrayList<>();

    private CompletableFuture<List<Received>> leftovers;
    private Planned next;
    private Future<?> running;
    private final Queue<Batch> done = new ConcurrentLinkedQueue<>();

    /** The batch that is next, planned while the one before it is processed. */
    private record Planned(List<Received> events, Future<Map<String, List<String>>> needs) {}

    ProcessP(String pipelineName) {
        this.pipelineName = pipelineName;
    }

    @Override
    protected void init(Processor.Context context) {
        pipeline = Engine.of(context.hazelcastInstance()).pipeline(pipelineName);
        batchProcessor = new BatchProcessor(pipeline);
        worker = Executors.newSingleThreadExecutor(task -> new Thread(task, "hazelgate-process"));
        planner = Executors.newSingleThreadExecutor(task -> new Thread(task, "hazelgate-plan"));
        leftovers = CompletableFuture.supplyAsync(() -> pipeline.reconciler().leftovers(), worker);
    }

    @Override
    public boolean tryProcess() {
        advance();
        return true;
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
        if (done.isEmpty() && !strays.isEmpty()) {
            done.add(Strays.refused(List.copyOf(strays)));
            strays.clear();
        }
        // A batch that had to be done in parts leaves in parts.
        while (!done.isEmpty() && tryEmit(done.peek())) {
            done.remove();
        }
        if (running == null && done.isEmpty()) {
            startNext();
        }
        if (running != null && next == null && waiting.size() >= MIN_PLANNED_EVENTS) {
            List<Received> events = nextEvents();
            next = new Planned(events, planner.submit(() -> batchProcessor.plan(events)));
        }
    }

    private void startNext() {
        if (next != null) {
            Planned planned = next;
            next = null;
            run(planned.events, planned.needs);
        } else if (!waiting.isEmpty()) {
            List<Received> events = nextEvents();
            run(events, CompletableFuture.completedFuture(Map.of()));
        }
    }

    private void run(List<Received> events, Future<Map<String, List<String>>> needs) {
        running = worker.submit(() -> {
            batchProcessor.process(events, needs.get(), done::add);
            return null;
        });
    }

    @Override
    public void process(int ordinal, Inbox inbox) {
        // While anything stays in the inbox, Jet calls this method and no other.
        advance();
        // All is taken, for what is in flight is bounded at the entry: one that held up the source here would let the
        // journal's
        // ring, which the pipelines share, run over it.
        for (Object event = inbox.poll(); event != null; event = inbox.poll()) {
            take((Received) event);
        }
    }

    private void take(Received event) {
        if (event.isAfterLostEvents()) {
            pipeline.statistics().journalLost.increment();
        }
        pipeline.reconciler().arrived(event.key());
        (Strays.isStray(pipeline.eventTypes(), event) ? strays : waiting).add(event);
    }

    /** What was there before goes first; what came twice, by the journal too, is taken once. */
    private void putInFront(List<Received> earlier) {
        Set<String> keys = new HashSet<>();
        ArrayDeque<Received> all = new ArrayDeque<>();
        for (Received event : earlier) {
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

    @Override
    public void close() {
        if (worker != null) {
            worker.shutdownNow();
            planner.shutdownNow();
        }
    }
}
