package io.hazelgate.engine.projector;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.hazelgate.engine.wire.Loaded;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A stream of questions, which need not wait for each other's answers: these come in their order. Once it is closed, all that are open
 * and all that come fail.
 *
 * <p>A long log is folded over one: each batch is read, and what it needs is the answer; then it is folded, and its writes are.
 */
public final class QuestionStream implements StreamObserver<byte[]>, AutoCloseable {
    private final Connection connection;
    private final Queue<CompletableFuture<byte[]>> awaited = new ConcurrentLinkedQueue<>();
    private final StreamObserver<byte[]> questions;
    private volatile Throwable closedBy;

    QuestionStream(Connection connection, Method method) {
        this.connection = connection;
        questions = connection.open(method, this);
    }

    /** Has a batch read; what it needs is the answer. */
    public Supplier<Answer> read(long batchId, Collection<String> views, List<byte[]> records) {
        return ask(Requests.fold(batchId, 0, views, records, new Loaded(), Care.NONE), Replies::folded);
    }

    /** Has a batch that was read folded; its writes are the answer. */
    public Supplier<Answer> fold(long batchId, Loaded loaded) {
        return ask(Requests.fold(batchId, 1, List.of(), List.of(), loaded, Care.NONE), Replies::folded);
    }

    /** By one thread at a time. */
    CompletableFuture<byte[]> send(byte[] question) {
        Connection.requireSize(question);
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        awaited.add(answer);
        if (closedBy != null) {
            // It closed before it could know of this question.
            answer.completeExceptionally(closedBy);
            return answer;
        }
        try {
            questions.onNext(question);
        } catch (IllegalStateException e) {
            answer.completeExceptionally(e);
        }
        return answer;
    }

    /**
     * Asks, by one thread at a time.
     *
     * @return waits for the answer; throws {@link ProjectorAway} when nothing comes, and {@link ProjectorFailed} when it can't be
     *     answered in this way, or not any more
     */
    Supplier<Answer> ask(byte[] question, Function<byte[], Answer> reply) {
        CompletableFuture<byte[]> answer = send(question);
        return () -> {
            try {
                return reply.apply(answer.get(connection.timeoutSeconds, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while the projector was asked", e);
            } catch (TimeoutException e) {
                close();
                throw connection.away("nothing came within " + connection.timeoutSeconds + " s", null, e);
            } catch (ExecutionException e) {
                throw new ProjectorFailed(
                        "the projector at " + connection.address + " ended a stream of questions: "
                                + e.getCause().getMessage(),
                        null,
                        e);
            }
        };
    }

    boolean isClosed() {
        return closedBy != null;
    }

    /** Asks no more; what is asked is answered. A stream that stays open keeps one of the projector's threads. */
    void complete() {
        if (!isClosed()) {
            questions.onCompleted();
        }
    }

    /** Asks no more, and waits for nothing. */
    @Override
    public void close() {
        if (!isClosed()) {
            closedBy = new CancellationException("nothing more is asked");
            questions.onError(Status.CANCELLED.asException());
        }
    }

    @Override
    public void onNext(byte[] value) {
        awaited.remove().complete(value);
    }

    @Override
    public void onError(Throwable error) {
        closedBy = error;
        awaited.forEach(answer -> answer.completeExceptionally(error));
    }

    @Override
    public void onCompleted() {
        onError(Status.UNAVAILABLE.withDescription("it closed the stream").asException());
    }
}
