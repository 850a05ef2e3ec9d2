package io.hazelgate.engine.projector;

/** The projector can't be reached, went away while it was asked, or did not answer in time. Events wait until it is back. */
public final class ProjectorAway extends RuntimeException {
    /** What it did last, as far as it is known; null where it was not asked carefully. */
    public final transient Crumb crumb;

    public ProjectorAway(String message, Throwable cause) {
        this(message, null, cause);
    }

    public ProjectorAway(String message, Crumb crumb, Throwable cause) {
        super(message, cause);
        this.crumb = crumb;
    }
}
