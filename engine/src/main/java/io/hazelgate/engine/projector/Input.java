package io.hazelgate.engine.projector;

/**
 * One event as the projector is given it.
 *
 * @param envelope what the gateway submitted; empty for a record that was found in the store and has no submitter to answer
 * @param lane the partition of its aggregate
 * @param position its position in the lane, should it be stored now
 * @param receivedAt when the pipeline received it, ISO 8601
 * @param idRecord what {@code event-ids} has of its id, or null
 * @param storedRecord the record in the store that the id record points to, or null
 */
public record Input(byte[] envelope, int lane, long position, String receivedAt, byte[] idRecord, byte[] storedRecord) {
    private static final byte[] NO_ENVELOPE = {};

    /** A record that was found in the store, and was put there by nobody who waits for an answer. */
    public static Input found(byte[] storedRecord, int lane, long position, String receivedAt) {
        return new Input(NO_ENVELOPE, lane, position, receivedAt, null, storedRecord);
    }

    public Input with(byte[] idRecord, byte[] storedRecord) {
        return new Input(envelope, lane, position, receivedAt, idRecord, storedRecord);
    }
}
