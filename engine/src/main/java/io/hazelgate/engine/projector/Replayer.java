package io.hazelgate.engine.projector;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * One who has a long log folded, over a stream on which several questions may be under way; they are answered in their order.
 * What is unusual ends it: its answers fail from then on.
 */
public final class Replayer implements AutoCloseable {
    private final QuestionStream questions;

    Replayer(Connection connection) {
        questions = new QuestionStream(connection, Method.REPLAY);
    }

    /** Has a batch read; what it needs is the answer. */
    public Supplier<Answer> read(long batchId, Collection<String> views, List<byte[]> records) {
        return questions.ask(Requests.fold(batchId, 0, views, records, Map.of(), Care.NONE), Replies::folded);
    }

    /** Has a batch that was read folded; its writes are the answer. */
    public Supplier<Answer> fold(long batchId, Map<String, Map<String, byte[]>> loaded) {
        return questions.ask(Requests.fold(batchId, 1, List.of(), List.of(), loaded, Care.NONE), Replies::folded);
    }

    @Override
    public void close() {
        questions.cancel();
    }
}
