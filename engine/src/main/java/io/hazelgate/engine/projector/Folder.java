package io.hazelgate.engine.projector;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** One who has stored events folded, one batch at a time, over its own stream. */
public final class Folder implements AutoCloseable {
    private final Conversation conversation;
    private final LongSupplier newBatchId;
    private long batchId;

    Folder(Connection connection, LongSupplier newBatchId) {
        conversation = new Conversation(connection, Method.FOLD);
        this.newBatchId = newBatchId;
    }

    /**
     * Begins a batch.
     *
     * @param decisions what operators decided about its events, as loaded
     * @return what it needs to see, or, where that is nothing, its writes
     * @throws ProjectorAway when it can't be reached, dies or does not answer; the batch is then begun anew
     * @throws BatchTooLarge when the batch fits into no question, or what it comes to into no answer
     * @throws ProjectorFailed when it answers that it could not
     */
    public Answer begin(
            Collection<String> views, List<byte[]> records, Map<String, Map<String, byte[]>> decisions, Care care) {
        batchId = newBatchId.getAsLong();
        return Replies.folded(conversation.ask(Requests.fold(batchId, 0, views, records, decisions, care)));
    }

    /** Goes on with the batch that was begun last, with more entries loaded. */
    public Answer goOn(int round, Map<String, Map<String, byte[]>> loaded, Care care) {
        return Replies.folded(conversation.goOn(Requests.fold(batchId, round, List.of(), List.of(), loaded, care)));
    }

    /** Asks no more. */
    @Override
    public void close() {
        conversation.close();
    }
}
