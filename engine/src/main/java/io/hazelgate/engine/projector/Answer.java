package io.hazelgate.engine.projector;

import java.util.List;
import java.util.Map;

/** The projector's reply about a batch: the outcomes and writes. */
public record Answer(Map<String, List<String>> needs, List<Outcome> outcomes, List<Write> writes) implements Reply {}
