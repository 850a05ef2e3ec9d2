package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.hazelcast.jet.core.Processor;
import com.hazelcast.jet.core.test.TestInbox;
import com.hazelcast.jet.core.test.TestOutbox;
import com.hazelcast.jet.core.test.TestProcessorContext;
import io.hazelgate.engine.TestMember;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BatchStagePTest {
    private static final List<CompletableFuture<Void>> STARTED = new ArrayList<>();

    private final TestOutbox outbox = new TestOutbox(128);
    private final TestInbox inbox = new TestInbox();
    private Processor stage;

    @BeforeEach
    void freshStage() throws Exception {
        STARTED.clear();
        stage = BatchStageP.stage(PipelineSettings.DEFAULT_NAME, pipeline -> batch -> {
                    CompletableFuture<Void> step = new CompletableFuture<>();
                    STARTED.add(step);
                    return step;
                })
                .get();
        stage.init(outbox, new TestProcessorContext().setHazelcastInstance(TestMember.hazelcast()));
    }

    private static Batch batch() {
        return new Batch(List.of(), List.of(), List.of(), List.of(), List.of(), 0, 0);
    }

    @Test
    void batchesLeaveInTheirOrderEachWhenItsStepIsDone() {
        Batch first = batch();
        Batch second = batch();
        inbox.add(first);
        inbox.add(second);
        stage.process(0, inbox);
        assertEquals(List.of(), List.copyOf(outbox.queue(0)));
        STARTED.get(0).complete(null);
        stage.process(0, inbox);
        STARTED.get(1).complete(null);
        stage.tryProcess();
        assertEquals(List.of(first, second), List.copyOf(outbox.queue(0)));
    }

    @Test
    void itGoesOnThoughJetCallsProcessOnlyWhileTheInboxIsFull() {
        for (int i = 0; i < 3; i++) {
            inbox.add(batch());
        }
        for (int i = 0; i < 3; i++) {
            stage.process(0, inbox);
            STARTED.get(i).complete(null);
        }
        stage.process(0, inbox);
        assertEquals(3, outbox.queue(0).size());
    }

    @Test
    void aStepThatFailsIsDoneAgain() throws Exception {
        inbox.add(batch());
        stage.process(0, inbox);
        STARTED.get(0).completeExceptionally(new IllegalStateException("the member is on its way out"));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (STARTED.size() < 2 && System.nanoTime() < deadline) {
            stage.tryProcess();
        }
        STARTED.get(1).complete(null);
        stage.tryProcess();
        assertEquals(1, outbox.queue(0).size());
    }
}
