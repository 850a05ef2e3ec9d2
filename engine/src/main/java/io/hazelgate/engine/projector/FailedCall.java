package io.hazelgate.engine.projector;

/**
 * A call that is not to be made again.
 *
 * @param message goes on behind the name of the handler
 */
public record FailedCall(Crumb crumb, String message) {}
