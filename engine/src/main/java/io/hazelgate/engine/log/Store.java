package io.hazelgate.engine.log;

import com.hazelcast.core.HazelcastInstance;
import io.hazelgate.engine.views.Generations;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Entries.Fence;
import io.hazelgate.engine.wire.EntryLoader;

/**
 * Where everything is that is kept: maps and the log.
 *
 * @param entries of the maps, in bulk
 * @param generations which map holds each view
 */
public record Store(HazelcastInstance hazelcast, Entries entries, Generations generations, EventLog log) {
    public EntryLoader loader() {
        return new EntryLoader(entries, generations::liveMap);
    }

    /** The same, whose entries are changed only while a fence stands. */
    public Store under(Fence fence) {
        return new Store(hazelcast, entries.under(fence), generations, log);
    }
}
