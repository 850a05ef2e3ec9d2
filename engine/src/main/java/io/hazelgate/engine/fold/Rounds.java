package io.hazelgate.engine.fold;

import io.hazelgate.engine.projector.BatchTooLarge;
import io.hazelgate.engine.projector.Reply;
import io.hazelgate.engine.wire.Loaded;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Asks the projector, and loads the entries that it needs to see, until it needs no more.
 *
 * @param loading adds what the needs name to what is loaded
 */
public record Rounds(BiConsumer<Map<String, List<String>>, Loaded> loading) {
    private static final int MAX_ROUNDS = 64;

    /** One question, with what is loaded by then. */
    public interface Question<R extends Reply> {
        R ask(int round, Loaded loaded);
    }

    /**
     * Asks.
     *
     * @param first the round of the first question; 0 asks for a plan
     * @param loaded what is known before it; more is added to it
     * @throws BatchTooLarge where it needs more again and again: of fewer events, each of which depends on the one before, it needs less
     */
    public <R extends Reply> R ask(int first, Loaded loaded, Question<R> question) {
        for (int round = first; round <= MAX_ROUNDS; round++) {
            R reply = question.ask(round, loaded);
            if (!reply.needsMore()) {
                return reply;
            }
            loading.accept(reply.needs(), loaded);
        }
        throw new BatchTooLarge("the projector asked for more entries in each of " + MAX_ROUNDS + " rounds");
    }
}
