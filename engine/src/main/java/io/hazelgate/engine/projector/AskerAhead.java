package io.hazelgate.engine.projector;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** One who asks about batches before their turn: several questions may be under way, in the order in which they were asked. */
public final class AskerAhead implements AutoCloseable {
    private final Connection connection;
    private QuestionStream questions;

    AskerAhead(Connection connection) {
        this.connection = connection;
    }

    /**
     * Asks about one batch.
     *
     * @return waits for the answer, as in {@link QuestionStream#ask}
     * @throws BatchTooLarge when the batch fits into no question
     */
    public Supplier<Answer> ask(long batchId, int round, List<Input> events, Map<String, Map<String, byte[]>> loaded) {
        byte[] request = Requests.process(batchId, round, events, loaded, Care.NONE);
        synchronized (this) {
            if (questions == null || questions.isClosed()) {
                questions = new QuestionStream(connection, Method.PROCESS);
            }
            return questions.ask(request, Replies::processed);
        }
    }

    @Override
    public synchronized void close() {
        if (questions != null) {
            questions.close();
        }
    }
}
