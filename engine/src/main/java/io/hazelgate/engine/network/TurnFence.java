package io.hazelgate.engine.network;

import com.hazelcast.core.HazelcastInstance;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Entries.Fence;
import io.hazelgate.engine.wire.Names;
import io.hazelgate.engine.wire.PartitionKeys;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/** A turn's mark in every partition: an entry of {@code lane-owners}, as each lane of a pipeline has one. */
record TurnFence(String what, String[] keys, byte[] owner) implements Fence {
    static TurnFence of(HazelcastInstance hazelcast, String what) {
        UUID member = hazelcast.getCluster().getLocalMember().getUuid();
        String owner = "{\"member\":\"" + member + "\",\"run\":\"" + UUID.randomUUID() + "\"}";
        return new TurnFence(what, PartitionKeys.of(hazelcast, "turn/" + what), owner.getBytes(StandardCharsets.UTF_8));
    }

    void putUp(Entries entries) {
        entries.change(
                        Names.LANE_OWNERS,
                        Arrays.stream(keys).map(key -> Change.set(key, owner)).toList())
                .join();
    }

    @Override
    public String keyOf(int partition) {
        return keys[partition];
    }

    @Override
    public RuntimeException gone(int partition) {
        return new TurnLost(what);
    }
}
