package io.hazelgate.engine.log;

/**
 * One event of the log.
 *
 * @param cursor its place in the whole log: {@code <position>-<lane>}
 * @param record the record's JSON, byte for byte as it was stored
 * @param payloadHash of what was submitted; null where the log does not say ({@code event-ids} does)
 */
public record StoredEvent(String cursor, byte[] record, String payloadHash) {
    private static final int POSITION_DIGITS = 16;

    public long position() {
        return Long.parseLong(cursor.substring(0, POSITION_DIGITS));
    }

    public int lane() {
        return Integer.parseInt(cursor.substring(POSITION_DIGITS + 1));
    }
}
