package io.hazelgate.engine.projector;

import java.util.List;
import java.util.Map;

/** One who asks about batches, one question at a time. */
public final class Asker implements AutoCloseable {
    private final Conversation conversation;

    Asker(Connection connection) {
        conversation = new Conversation(connection, Method.PROCESS);
    }

    /**
     * Asks about one batch, over as many rounds as the caller makes.
     *
     * @throws ProjectorAway when it can't be reached, dies or does not answer; {@link Projector#awaitReady} then waits for it
     * @throws BatchTooLarge when the batch fits into no question, or what it comes to into no answer
     * @throws ProjectorFailed when it answers that it could not
     */
    public Answer process(
            long batchId, int round, List<Input> events, Map<String, Map<String, byte[]>> loaded, Care care) {
        return Replies.processed(conversation.ask(Requests.process(batchId, round, events, loaded, care)));
    }

    /** Asks no more. */
    @Override
    public void close() {
        conversation.close();
    }
}
