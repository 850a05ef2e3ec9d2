package io.hazelgate.engine.projector;

import io.grpc.Status;
import io.hazelgate.engine.wire.Loaded;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Question and answer in turn, over a stream that is kept open. A call of its own for each question costs half a millisecond more
 * (measured at rest, where every hand-over between threads has to wake somebody up).
 */
public final class Asker implements AutoCloseable {
    private final Connection connection;
    private final Method method;
    private volatile QuestionStream stream;
    private Crumb crumb;

    Asker(Connection connection, Method method) {
        this.connection = connection;
        this.method = method;
    }

    /**
     * Asks about one batch, over as many rounds as the caller makes.
     *
     * @throws ProjectorAway when it can't be reached, dies or does not answer; {@link Projector#awaitReady} then waits for it
     * @throws BatchTooLarge when the batch fits into no question, or what it comes to into no answer
     * @throws ProjectorFailed when it answers that it could not
     */
    public Answer process(long batchId, int round, List<Input> events, Loaded loaded, Care care) {
        return Replies.processed(ask(Requests.process(batchId, round, events, loaded, care)));
    }

    /**
     * Has a batch of stored events folded; throws as {@link #process} does, and the batch is then begun anew.
     *
     * @param loaded what operators decided about its events, in round 0; then what was asked for
     * @return what it needs to see, or, where that is nothing, its writes
     */
    public Answer fold(
            long batchId, int round, Collection<String> views, List<byte[]> records, Loaded loaded, Care care) {
        return Replies.folded(
                round == 0
                        ? ask(Requests.fold(batchId, round, views, records, loaded, care))
                        : goOn(Requests.fold(batchId, round, List.of(), List.of(), loaded, care)));
    }

    /**
     * Asks about one batch before its turn: several such questions may be under way, in the order in which they were asked.
     *
     * @return waits for the answer, as in {@link QuestionStream#ask}
     * @throws BatchTooLarge when the batch fits into no question
     */
    public Supplier<Answer> ahead(long batchId, int round, List<Input> events, Loaded loaded) {
        byte[] request = Requests.process(batchId, round, events, loaded, Care.NONE);
        synchronized (this) {
            return opened().ask(request, Replies::processed);
        }
    }

    /** Asks, over a new stream where the one before is closed. */
    byte[] ask(byte[] question) {
        opened();
        return goOn(question);
    }

    private QuestionStream opened() {
        if (stream == null || stream.isClosed()) {
            stream = new QuestionStream(connection, method);
        }
        return stream;
    }

    /** Asks over the same stream: it is about what was asked there before. */
    private byte[] goOn(byte[] question) {
        crumb = null;
        byte[] said = exchange(question);
        while (Replies.isCrumb(said)) {
            crumb = Replies.crumb(said);
            said = exchange(Requests.CRUMB_SEEN);
        }
        return said;
    }

    private byte[] exchange(byte[] question) {
        try {
            return stream.send(question).get(connection.timeoutSeconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed("interrupted", e);
        } catch (TimeoutException e) {
            throw failed("nothing came within " + connection.timeoutSeconds + " s", e);
        } catch (ExecutionException e) {
            throw failed(String.valueOf(e.getCause().getMessage()), e);
        }
    }

    private RuntimeException failed(String why, Exception cause) {
        stream.close();
        Status status = cause instanceof ExecutionException ? Status.fromThrowable(cause.getCause()) : Status.OK;
        return switch (status.getCode()) {
            case RESOURCE_EXHAUSTED -> new BatchTooLarge(status.getDescription());
            case INTERNAL ->
                new ProjectorFailed(
                        "the projector at " + connection.address + " failed: " + status.getDescription(), crumb, cause);
            default -> connection.away(why, crumb, cause);
        };
    }

    /** Asks no more, and waits for nothing. */
    public synchronized void cancel() {
        if (stream != null) {
            stream.close();
        }
    }

    @Override
    public void close() {
        if (stream != null) {
            stream.complete();
        }
    }
}
