package io.hazelgate.engine.wire;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.partition.PartitionService;

/** For each partition a key that falls into it. */
public final class PartitionKeys {
    private PartitionKeys() {}

    /** The first {@code <prefix>:<n>} of each: all members find the same. */
    public static String[] of(HazelcastInstance hazelcast, String prefix) {
        PartitionService partitions = hazelcast.getPartitionService();
        String[] keys = new String[partitions.getPartitions().size()];
        int missing = keys.length;
        for (int i = 0; missing > 0; i++) {
            String key = prefix + ":" + i;
            int partition = partitions.getPartition(key).getPartitionId();
            if (keys[partition] == null) {
                keys[partition] = key;
                missing--;
            }
        }
        return keys;
    }
}
