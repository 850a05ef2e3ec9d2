package io.hazelgate.engine.live;

import com.hazelcast.function.SupplierEx;
import com.hazelcast.jet.core.AbstractProcessor;
import com.hazelcast.jet.core.Inbox;
import com.hazelcast.jet.core.Processor;
import com.hazelcast.logging.ILogger;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A stage that does one asynchronous thing with each batch, in order, and again when it fails. */
final class BatchStageP extends AbstractProcessor {
    private static final long RETRY_MILLIS = 100;

    interface Step {
        CompletableFuture<?> start(Batch batch);
    }

    /** Makes the step of this member's stage; travels with the job. */
    interface StepFactory extends java.io.Serializable {
        Step on(Pipeline pipeline);
    }

    private final String pipelineName;
    private final StepFactory factory;
    private final boolean last;
    private Step step;
    private ILogger log;
    private Batch current;
    private CompletableFuture<?> running;
    private long retryAtNanos;

    private BatchStageP(String pipelineName, StepFactory factory, boolean last) {
        this.pipelineName = pipelineName;
        this.factory = factory;
        this.last = last;
    }

    static SupplierEx<Processor> stage(String pipelineName, StepFactory factory) {
        return () -> new BatchStageP(pipelineName, factory, false);
    }

    static SupplierEx<Processor> lastStage(String pipelineName, StepFactory factory) {
        return () -> new BatchStageP(pipelineName, factory, true);
    }

    @Override
    protected void init(Processor.Context context) {
        step = factory.on(Pipelines.named(pipelineName, context.hazelcastInstance()));
        log = context.logger();
    }

    @Override
    public boolean tryProcess() {
        advance();
        return true;
    }

    @Override
    public void process(int ordinal, Inbox inbox) {
        // While anything stays in the inbox, Jet calls this method and no other.
        advance();
        while (current == null && !inbox.isEmpty()) {
            current = (Batch) inbox.poll();
            running = step.start(current);
            advance();
        }
    }

    private void advance() {
        if (current == null) {
            return;
        }
        if (running == null) {
            if (System.nanoTime() - retryAtNanos < 0) {
                return;
            }
            running = step.start(current);
        }
        if (!running.isDone()) {
            return;
        }
        if (running.isCompletedExceptionally()) {
            running.whenComplete((result, error) -> log.warning("a stage failed and is tried again", error));
            running = null;
            retryAtNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RETRY_MILLIS);
            return;
        }
        if (last || tryEmit(current)) {
            current = null;
            running = null;
        }
    }
}
