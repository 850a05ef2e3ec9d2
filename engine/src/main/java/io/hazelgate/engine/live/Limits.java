package io.hazelgate.engine.live;

/**
 * How much the pipelines of a member take on.
 *
 * @param maxInFlight events, of all pipelines
 * @param journalCapacity events and removals that a partition's journal remembers
 * @param quorum how many members have to see one another before anything is read or written; 1: each goes on alone
 * @param projectorTimeoutSeconds how long the projector may take for a batch
 * @param completedTtlSeconds how long a refusal is remembered
 */
public record Limits(
        int maxInFlight, int journalCapacity, int quorum, int projectorTimeoutSeconds, int completedTtlSeconds) {}
