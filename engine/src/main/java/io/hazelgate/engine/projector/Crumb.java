package io.hazelgate.engine.projector;

/**
 * One call of the user's code, told by the projector before it makes it.
 *
 * @param eventId empty where no event is to blame
 */
public record Crumb(String stage, String function, String eventId, String view, String entryKey) {
    private static final String EVENT = "event";

    public static Crumb ofEvent(String eventId) {
        return new Crumb(EVENT, "", eventId, "", "");
    }

    @Override
    public String toString() {
        return stage + ' ' + function + " of event " + eventId
                + (view.isEmpty() ? "" : " for " + view + ' ' + entryKey);
    }
}
