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
public record Input(
        byte[] envelope, int lane, long position, String receivedAt, byte[] idRecord, byte[] storedRecord) {}
