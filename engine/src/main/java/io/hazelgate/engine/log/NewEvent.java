package io.hazelgate.engine.log;

/**
 * An event that is to be stored.
 *
 * @param idRecord what {@code event-ids} is to say of it; it has the hash of what was submitted
 * @param record the record's JSON
 */
public record NewEvent(String eventId, byte[] idRecord, byte[] record) {}
