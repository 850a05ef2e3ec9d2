package io.hazelgate.engine.tasks;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.network.Deadline;
import io.hazelgate.engine.network.Task.Answerer;
import io.hazelgate.engine.rebuild.Rebuilding;
import io.hazelgate.engine.views.Positions;
import io.hazelgate.engine.wire.Json;
import java.util.UUID;

/** What the member that leads a rebuild has every member do at its end. */
public record RebuildStep(HazelcastInstance hazelcast, Positions positions, Rebuilding rebuilding) implements Answerer {

    @Override
    public byte[] answer(byte[] request, Deadline deadline) throws InterruptedException {
        JsonObject asked = Json.object(request);
        String what = asked.getString("what", "");
        if (Positions.ASKED.contains(what)) {
            return Json.bytes(positions.here(what));
        }
        UUID leader = UUID.fromString(asked.getString("leader", ""));
        Member member = hazelcast.getCluster().getMembers().stream()
                .filter(each -> each.getUuid().equals(leader))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("who leads the rebuild has left the cluster"));
        return Json.bytes(rebuilding.step(asked.getString("id", ""), what, member));
    }
}
