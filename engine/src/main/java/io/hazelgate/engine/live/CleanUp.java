package io.hazelgate.engine.live;

import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Names;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** The stage "clean up": the events leave {@code pending-events}. */
record CleanUp(Pipeline pipeline) implements BatchStageP.Step {
    @Override
    public CompletableFuture<?> start(Batch batch) {
        Set<String> keys = new HashSet<>();
        batch.events.forEach(event -> keys.add(event.key()));
        return pipeline.shared()
                .store()
                .entries()
                .change(Names.PENDING_EVENTS, keys.stream().map(Change::remove).toList())
                .thenRun(() -> {
                    pipeline.job().ended();
                    pipeline.reconciler().left(keys);
                    pipeline.backpressure().left(batch.events.stream().map(Received::key));
                });
    }
}
