package io.hazelgate.engine.tasks;

import io.hazelgate.engine.live.Standing;
import io.hazelgate.engine.network.AllMembers.NoAnswer;
import io.hazelgate.engine.network.Deadline;
import io.hazelgate.engine.network.Task.Answerer;
import io.hazelgate.engine.wire.Json;

/** Answers where the log stands: up to where it is settled, and how far it reaches. */
public record LogPositions(Standing standing) implements Answerer {
    private static final long ANSWER_MILLIS = 2_000;

    @Override
    public byte[] answer(byte[] request, Deadline deadline) {
        try {
            return Json.bytes(standing.answer(Json.object(request), ANSWER_MILLIS));
        } catch (NoAnswer e) {
            throw new IllegalStateException(e.getMessage(), e); // one that clients know
        }
    }
}
