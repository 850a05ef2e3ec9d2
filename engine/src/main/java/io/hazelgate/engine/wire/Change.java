package io.hazelgate.engine.wire;

/**
 * One change of one entry.
 *
 * @param condition when it is to be made
 * @param expectedVersion for {@link Condition#VERSION}: the {@code _meta.version} that must be there, 0 for no entry
 * @param expected for {@link Condition#SAME}: what must be there, null for no entry
 * @param json the new value, UTF-8; null removes the entry
 * @param ttlMillis how long the entry lives; -1: as the map is configured
 */
public record Change(
        String key, Condition condition, long expectedVersion, byte[] expected, byte[] json, long ttlMillis) {
    static final long AS_CONFIGURED = -1;

    /** When a change is made. The order is part of what members say to each other. */
    public enum Condition {
        ALWAYS,
        ABSENT,
        VERSION,
        /** The value is what was expected, or the new one already: a change whose answer got lost is made again. */
        SAME,
        /** There is none, or an envelope with the same payload: the same event, sent again. */
        SAME_PAYLOAD
    }

    public static Change set(String key, byte[] json) {
        return new Change(key, Condition.ALWAYS, 0, null, json, AS_CONFIGURED);
    }

    public static Change setIfAbsent(String key, byte[] json) {
        return new Change(key, Condition.ABSENT, 0, null, json, AS_CONFIGURED);
    }

    public static Change setIfVersion(String key, long expectedVersion, byte[] json) {
        return new Change(key, Condition.VERSION, expectedVersion, null, json, AS_CONFIGURED);
    }

    public static Change setIfSame(String key, byte[] expected, byte[] json) {
        return new Change(key, Condition.SAME, 0, expected, json, AS_CONFIGURED);
    }

    public static Change setIfSameFor(String key, byte[] expected, byte[] json, long ttlMillis) {
        return new Change(key, Condition.SAME, 0, expected, json, ttlMillis);
    }

    public static Change setUnlessOtherPayload(String key, byte[] envelope) {
        return new Change(key, Condition.SAME_PAYLOAD, 0, null, envelope, AS_CONFIGURED);
    }

    public static Change remove(String key) {
        return new Change(key, Condition.ALWAYS, 0, null, null, AS_CONFIGURED);
    }
}
