package io.hazelgate.engine.projector;

/**
 * One entry's state after a batch.
 *
 * @param expectedVersion the entry's version before it; 0: absent; {@link #ANY}: whatever is there
 * @param value the new state; null removes the entry
 * @param events the indexes of the events that touched it
 */
public record Write(String map, String key, long expectedVersion, byte[] value, int[] events) {
    public static final long ANY = -1;
}
