package io.hazelgate.engine.projector;

import java.util.List;
import java.util.Map;

/**
 * The projector's reply about a batch: the outcomes and writes.
 *
 * @param claims the entries that have to be claimed before the events are stored
 */
public record Answer(Map<String, List<String>> needs, List<Outcome> outcomes, List<Write> writes, List<Claimed> claims)
        implements Reply {
    public Answer(Map<String, List<String>> needs, List<Outcome> outcomes, List<Write> writes) {
        this(needs, outcomes, writes, List.of());
    }
}
