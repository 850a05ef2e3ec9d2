package io.hazelgate.engine.wire;

import com.hazelcast.core.HazelcastInstance;

/** Where an operation, a task or a processor that comes from elsewhere finds this member's part that it needs. */
public final class Here {
    private Here() {}

    public static void put(HazelcastInstance hazelcast, Object part) {
        hazelcast.getUserContext().put(part.getClass().getName(), part);
    }

    /** Null while the member starts. */
    public static <T> T find(HazelcastInstance hazelcast, Class<T> part) {
        return part.cast(hazelcast.getUserContext().get(part.getName()));
    }
}
