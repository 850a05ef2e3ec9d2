package io.hazelgate.engine.pipeline;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.Engine;
import io.hazelgate.engine.Names;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** The stage "clean up": the events leave {@code pending-events}. */
final class CleanUp implements BatchStageP.Step {
    private final Engine engine;
    private final IMap<String, HazelcastJsonValue> pendingEvents;

    CleanUp(Engine engine) {
        this.engine = engine;
        pendingEvents = engine.hazelcast().getMap(Names.PENDING_EVENTS);
    }

    @Override
    public CompletableFuture<?> start(Batch batch) {
        Set<String> keys = new HashSet<>();
        batch.events.forEach(event -> keys.add(event.key()));
        return pendingEvents
                .submitToKeys(keys, new RemoveEntry())
                .toCompletableFuture()
                .thenRun(() -> {
                    engine.reconciler().left(keys);
                    engine.backpressure().left(batch.events.stream().map(Received::key));
                });
    }
}
