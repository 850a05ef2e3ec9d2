package io.hazelgate.engine.pipeline;

import io.hazelgate.engine.projector.Answer;
import io.hazelgate.engine.projector.Input;
import java.util.List;
import java.util.Map;

/**
 * What the projector answered about a batch while the one before it was still written, which it has nothing in common with.
 *
 * <p>It counts only if that one went through at the first try. Its positions are given out already: it has been inside the gate
 * since before that, until it is processed or dropped.
 */
final class Ahead {
    private final Run before;
    private final long batchId;
    private final List<Input> inputs;
    private final Answer answer;
    private final Map<String, Map<String, byte[]>> loaded;
    private final Runnable leave;
    private boolean inside = true;

    /** @param leave takes it out of the gate */
    Ahead(
            Run before,
            long batchId,
            List<Input> inputs,
            Answer answer,
            Map<String, Map<String, byte[]>> loaded,
            Runnable leave) {
        this.before = before;
        this.batchId = batchId;
        this.inputs = inputs;
        this.answer = answer;
        this.loaded = loaded;
        this.leave = leave;
    }

    /** Whether what it was made from is still true; once the one before it is done. */
    boolean holds() {
        return before.wentSmoothly();
    }

    long batchId() {
        return batchId;
    }

    List<Input> inputs() {
        return inputs;
    }

    Answer answer() {
        return answer;
    }

    /** By map and key, the entries that it was made from. */
    Map<String, Map<String, byte[]>> loaded() {
        return loaded;
    }

    /** It is done with, used or not; once is enough. */
    synchronized void end() {
        if (inside) {
            inside = false;
            leave.run();
        }
    }
}
