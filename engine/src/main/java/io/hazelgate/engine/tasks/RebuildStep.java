package io.hazelgate.engine.tasks;

import com.hazelcast.cluster.Member;
import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.Engine;
import io.hazelgate.engine.EngineSerializers;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.concurrent.Callable;

/** What the member that leads a rebuild has every member do at its end. */
public final class RebuildStep extends EngineTask {
    public RebuildStep() {
        super(EngineSerializers.REBUILD_STEP);
    }

    public static Callable<byte[]> of(String rebuildId, String what, UUID leader) {
        JsonObject request =
                new JsonObject().add("id", rebuildId).add("what", what).add("leader", leader.toString());
        return new RebuildStep().with(null, request.toString().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    byte[] answer(Engine engine, byte[] request) throws InterruptedException {
        JsonObject asked =
                Json.parse(new String(request, StandardCharsets.UTF_8)).asObject();
        UUID leader = UUID.fromString(asked.getString("leader", ""));
        Member member = engine.hazelcast().getCluster().getMembers().stream()
                .filter(each -> each.getUuid().equals(leader))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("who leads the rebuild has left the cluster"));
        return engine.rebuilds()
                .step(asked.getString("id", ""), asked.getString("what", ""), member)
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }
}
