package io.hazelgate.engine.letters;

/**
 * How an event is tried again that a projection can't take yet.
 *
 * @param attempts how often it is tried in all, before its dead letter is final
 * @param backoffMillis the second retry comes twice this after the first, and each further one twice as late
 */
public record Retries(int attempts, long backoffMillis) {}
