package io.hazelgate.engine.fold;

import io.hazelgate.engine.projector.Reply;
import java.util.List;
import java.util.Map;

/** Asks the projector, and loads the entries that it needs to see, until it needs no more. */
public record Rounds(Loading loading) {
    private static final int MAX_ROUNDS = 16;

    /** Adds what the needs name to what is loaded. */
    public interface Loading {
        void load(Map<String, List<String>> needs, Map<String, Map<String, byte[]>> loaded);
    }

    /** One question, with what is loaded by then. */
    public interface Question<R extends Reply> {
        R ask(int round, Map<String, Map<String, byte[]>> loaded);
    }

    /** @param loaded what is known before the first question; more is added to it */
    public <R extends Reply> R ask(Map<String, Map<String, byte[]>> loaded, Question<R> question) {
        return ask(0, loaded, question);
    }

    /** The same, from a later round on. */
    public <R extends Reply> R ask(int first, Map<String, Map<String, byte[]>> loaded, Question<R> question) {
        for (int round = first; round <= MAX_ROUNDS; round++) {
            R reply = question.ask(round, loaded);
            if (!reply.needsMore()) {
                return reply;
            }
            loading.load(reply.needs(), loaded);
        }
        throw new IllegalStateException("the projector asked for more entries in each of " + MAX_ROUNDS + " rounds");
    }
}
