package io.hazelgate.engine.log;

/** What keeps the log can't be reached, or can't do it just now. Events wait until it is back. */
public final class LogAway extends RuntimeException {
    public LogAway(String message, Throwable cause) {
        super(message, cause);
    }
}
