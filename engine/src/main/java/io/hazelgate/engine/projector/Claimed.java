package io.hazelgate.engine.projector;

/**
 * An entry that has to be as guards have read it when their events are stored.
 *
 * @param version the entry's version as it was loaded; 0 where there was none
 * @param events the indexes of those events
 */
public record Claimed(String view, String key, long version, int[] events) {}
