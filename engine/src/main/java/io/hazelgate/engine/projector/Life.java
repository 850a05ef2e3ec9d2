package io.hazelgate.engine.projector;

/**
 * Of the projector's process.
 *
 * @param instance an id that no other process has
 * @param ended how the one before it ended, in words that go on behind the name of a handler; empty where nobody knows
 */
public record Life(String instance, String ended) {
    public static final Life UNKNOWN = new Life("", "");
}
