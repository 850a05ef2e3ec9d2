package io.hazelgate.engine.projector;

import java.util.List;
import java.util.Map;

/**
 * What the projector's code is about.
 *
 * @param views the view maps, each with the names of its sort keys
 * @param code by view, the fingerprint of the code that folds it
 * @param aggregates by event type, the type of its aggregate
 * @param usualReads by event type, where in an event's data the keys of the entries stand that it needs
 */
public record Description(
        String fingerprint,
        Map<String, List<String>> views,
        Map<String, String> code,
        Map<String, String> aggregates,
        Map<String, UsualReads> usualReads) {
    /** Of a projector that has not said anything yet. */
    static final Description NONE = new Description("", Map.of(), Map.of(), Map.of(), Map.of());

    /** @param whole whether these are all that an event's data tell; what else it needs is told by code, and asked for */
    public record UsualReads(List<UsualRead> reads, boolean whole) {}

    /** @param path field names in the event's data, from the outside in, through lists too */
    public record UsualRead(String map, List<String> path) {}
}
