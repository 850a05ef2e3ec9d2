package io.hazelgate.engine.wire;

import com.hazelcast.internal.serialization.Data;
import com.hazelcast.partition.PartitioningStrategy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Many entries for one map, each put where there is none yet, made straight from the bytes that they come in: of a key and a value nothing
 * is made but what the map keeps.
 *
 * <p>For one thread at a time.
 */
public final class Filling {
    private final Entries entries;
    private final String map;
    private final PartitioningStrategy<?> strategy;
    private final List<List<PartitionChange>> byPartition = new ArrayList<>();

    Filling(Entries entries, String map, int partitionCount) {
        this.entries = entries;
        this.map = map;
        strategy = entries.strategyOf(map);
        for (int i = 0; i < partitionCount; i++) {
            byPartition.add(null);
        }
    }

    /** Takes an entry; the bytes may be used for something else afterwards. Both are UTF-8. */
    public void add(byte[] key, int keyFrom, int keyTo, byte[] json, int from, int to) {
        Data keyData = entries.serialized(key, keyFrom, keyTo, strategy);
        int partition = entries.partitionOf(keyData);
        List<PartitionChange> changes = byPartition.get(partition);
        if (changes == null) {
            changes = new ArrayList<>();
            byPartition.set(partition, changes);
        }
        changes.add(new PartitionChange(
                keyData, Change.Condition.ABSENT, 0, null, JsonData.of(json, from, to), Change.AS_CONFIGURED));
    }

    /** Puts what was taken since the last time. */
    public CompletableFuture<Void> send() {
        List<CompletableFuture<?>> running = new ArrayList<>();
        for (int partition = 0; partition < byPartition.size(); partition++) {
            List<PartitionChange> changes = byPartition.set(partition, null);
            if (changes != null) {
                running.add(entries.fill(map, partition, changes));
            }
        }
        return CompletableFuture.allOf(running.toArray(CompletableFuture[]::new));
    }
}
