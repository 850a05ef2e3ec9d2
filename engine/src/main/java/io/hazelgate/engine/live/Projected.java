package io.hazelgate.engine.live;

import io.hazelgate.engine.projector.Answer;
import io.hazelgate.engine.projector.Input;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** What the projector has answered about a batch, and what it was asked: found records in front, then the events. */
record Projected(long batchId, List<Input> inputs, Answer answer) {
    /** The same without some events, by their indexes; null where the others' entries have to be made anew. */
    Projected without(Set<Integer> gone) {
        Answer rest = answer.without(gone);
        List<Input> left = IntStream.range(0, inputs.size())
                .filter(index -> !gone.contains(index))
                .mapToObj(inputs::get)
                .toList();
        return rest == null ? null : new Projected(batchId, left, rest);
    }
}
