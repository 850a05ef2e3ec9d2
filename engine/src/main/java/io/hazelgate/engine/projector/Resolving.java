package io.hazelgate.engine.projector;

import java.util.List;
import java.util.Map;

/**
 * What is to be done about a dead letter: either what the projector needs to see first, or the rest.
 *
 * @param steps writes, each step after the one before it is through; before the last one the affected events are settled
 * @param affected the events whose completions may have changed; the first is the letter's own
 * @param answer JSON for whoever asked
 */
public record Resolving(
        Map<String, List<String>> needs, List<List<Write>> steps, List<Affected> affected, byte[] answer)
        implements Reply {
    public record Affected(String storeKey, String replyTo, String submissionId) {}

    /** How an event stands; where it is not final, nobody is told. */
    public record Settled(String eventId, byte[] completion, String replyTo, boolean isFinal) {}

    /**
     * What is needed first, or how the events stand.
     *
     * @param underWay the batch of one of them has a view still to write: nothing may be told yet, and the letter has to stay
     */
    public record Settling(Map<String, List<String>> needs, List<Settled> events, boolean underWay) implements Reply {}

    /**
     * What somebody wants done.
     *
     * @param action AGAIN, RETRY, EDIT or DISCARD
     * @param data what an EDIT gives in place of the event's data, or null
     */
    public record Order(String deadLetterId, String action, byte[] data, String reason) {}
}
