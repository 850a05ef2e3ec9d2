package io.hazelgate.engine.projector;

/** The projector can't be reached, or did not answer in time. Events wait until it is back. */
public final class ProjectorAway extends RuntimeException {
    public ProjectorAway(String message, Throwable cause) {
        super(message, cause);
    }
}
