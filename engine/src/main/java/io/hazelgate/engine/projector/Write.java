package io.hazelgate.engine.projector;

import io.hazelgate.engine.wire.Change;
import java.util.Arrays;

/**
 * One entry's state after a batch.
 *
 * @param expectedVersion the entry's version before it; 0: absent; {@link #ANY}: whatever is there
 * @param value the new state; null removes the entry
 * @param events the indexes of the events that touched it
 */
public record Write(String map, String key, long expectedVersion, byte[] value, int[] events) {
    public static final long ANY = -1;

    /** The same where each event has another index. */
    Write by(int[] places) {
        int[] now = Arrays.stream(events).map(index -> places[index]).toArray();
        return new Write(map, key, expectedVersion, value, now);
    }

    /** How it is made in its map: only where the entry is as the projector has seen it. */
    public Change toChange() {
        return expectedVersion == ANY ? Change.set(key, value) : Change.setIfVersion(key, expectedVersion, value);
    }
}
