package io.hazelgate.engine.projector;

/** The projector is there, and answered that it could not do what it was asked for. */
public final class ProjectorFailed extends RuntimeException {
    /** What it did last, as far as it is known; null where it was not asked carefully. */
    public final transient Crumb crumb;

    public ProjectorFailed(String message, Crumb crumb, Throwable cause) {
        super(message, cause);
        this.crumb = crumb;
    }
}
