package io.hazelgate.engine.live;

import io.hazelgate.engine.projector.Answer;
import io.hazelgate.engine.projector.Input;
import java.util.List;

/** What the projector has answered about a batch, and what it was asked: found records in front, then the events. */
record Projected(long batchId, List<Input> inputs, Answer answer) {}
