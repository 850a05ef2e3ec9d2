package io.hazelgate.engine.tasks;

import com.hazelcast.client.Client;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import io.hazelgate.engine.lanes.HeapRoom;
import io.hazelgate.engine.log.EventLog;
import io.hazelgate.engine.restore.Losses;
import io.hazelgate.engine.snapshot.Snapshots;
import io.hazelgate.engine.wire.Clock;
import java.net.InetSocketAddress;

/**
 * How a member itself is, and whom it sees: for operators. Nothing of it asks anybody else.
 *
 * @param expectedMembers how many members it was told to join, itself among them; 1: it was told of none
 */
public record Vitals(
        HazelcastInstance hazelcast,
        EventLog log,
        Snapshots snapshots,
        Losses losses,
        HeapRoom heapRoom,
        int expectedMembers) {
    /** By it a member knows clients that serve an API; what else they say of themselves comes behind. */
    private static final String GATEWAY = "gateway";

    JsonObject toJson() {
        var address = hazelcast.getCluster().getLocalMember().getAddress();
        return new JsonObject()
                .add("address", address.getHost() + ":" + address.getPort())
                .add("clusterSize", hazelcast.getCluster().getMembers().size())
                .add("expectedMembers", expectedMembers)
                .add("clockMicros", Clock.micros())
                .add(
                        "heapUsed",
                        Math.round(heapRoom.share() * Runtime.getRuntime().maxMemory()))
                .add("heapMax", Runtime.getRuntime().maxMemory())
                .add("store", log.isDurable() ? "PostgreSQL" : "memory")
                .add("snapshots", orNull(snapshots.inShort()))
                .add("lost", orNull(losses.known()))
                .add("gateways", gateways());
    }

    private static JsonValue orNull(JsonObject value) {
        return value == null ? Json.NULL : value;
    }

    private JsonArray gateways() {
        JsonArray gateways = new JsonArray();
        for (Client client : hazelcast.getClientService().getConnectedClients()) {
            if (client.getLabels().contains(GATEWAY)) {
                JsonArray labels = new JsonArray();
                client.getLabels().stream().sorted().forEach(labels::add);
                InetSocketAddress from = client.getSocketAddress();
                gateways.add(new JsonObject()
                        .add("name", client.getName())
                        .add("host", from == null ? "" : from.getHostString())
                        .add("labels", labels));
            }
        }
        return gateways;
    }
}
