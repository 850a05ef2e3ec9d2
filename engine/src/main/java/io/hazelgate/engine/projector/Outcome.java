package io.hazelgate.engine.projector;

/**
 * What the projector decided about one event.
 *
 * @param kind one of the constants below
 * @param record the event record without persistedAt, or null
 * @param completion a JSON object without its closing brace
 * @param replyTo the gateway that waits for the answer; empty for nobody
 */
public record Outcome(
        int kind,
        String storeKey,
        byte[] record,
        byte[] idRecord,
        byte[] completion,
        String eventType,
        String replyTo,
        boolean notifyStored) {
    public static final int ACCEPTED = 0;
    /** Nothing is stored; the refusal is remembered for a while. Without an id record it was refused by an earlier run. */
    public static final int REFUSED = 1;
    /** Stored by an earlier run: only what that left undone is done. */
    public static final int ALREADY_STORED = 2;
    /** Answered, and nothing is kept. */
    public static final int ANSWER_ONLY = 3;

    public boolean isNewRefusal() {
        return kind == REFUSED && idRecord != null;
    }

    /** Stored, and a view tries again: it is answered when that is decided. */
    public static final int HELD = 4;

    /** Whether it is to be stored now; a held event may have been stored by an earlier run. */
    public boolean isNew() {
        return kind == ACCEPTED || (kind == HELD && idRecord != null);
    }

    public boolean isStoredBefore() {
        return kind == ALREADY_STORED || (kind == HELD && idRecord == null);
    }

    /** This outcome, when the event was folded once more: stored it is already, how it ends was decided anew. */
    public Outcome asDecidedNow(Outcome now) {
        int stored = isNew() ? ACCEPTED : ALREADY_STORED;
        return new Outcome(
                now.kind == HELD ? HELD : stored,
                storeKey,
                record,
                idRecord,
                now.completion,
                eventType,
                replyTo,
                notifyStored);
    }
}
