package io.hazelgate.engine.tasks;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.network.Task.Answerer;
import io.hazelgate.engine.rebuild.Rebuilds;
import io.hazelgate.engine.views.Positions;
import io.hazelgate.engine.wire.Json;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** What the member that leads a rebuild has every member do at its end. */
public final class RebuildStep implements Answerer {
    private final HazelcastInstance hazelcast;
    private final Positions positions;
    private final Rebuilds rebuilds;

    public RebuildStep(HazelcastInstance hazelcast, Positions positions, Rebuilds rebuilds) {
        this.hazelcast = hazelcast;
        this.positions = positions;
        this.rebuilds = rebuilds;
    }

    @Override
    public byte[] answer(byte[] request) throws InterruptedException {
        JsonObject asked = com.hazelcast.internal.json.Json.parse(new String(request, StandardCharsets.UTF_8))
                .asObject();
        String what = asked.getString("what", "");
        if (Positions.ASKED.contains(what)) {
            return Json.bytes(positions.here(what));
        }
        UUID leader = UUID.fromString(asked.getString("leader", ""));
        Member member = hazelcast.getCluster().getMembers().stream()
                .filter(each -> each.getUuid().equals(leader))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("who leads the rebuild has left the cluster"));
        return Json.bytes(rebuilds.step(asked.getString("id", ""), what, member));
    }
}
