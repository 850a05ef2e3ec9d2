package io.hazelgate.engine.projector;

import java.util.List;
import java.util.Map;

/** The projector's answer to one round: either what it needs to see first, or the outcomes and writes. */
public record Answer(Map<String, List<String>> needs, List<Outcome> outcomes, List<Write> writes) {
    public boolean needsMore() {
        return !needs.isEmpty();
    }
}
