package io.hazelgate.engine.projector;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;

/** Questions that don't wait for each other's answers. Where one is not answered, none after it is. */
final class Pipelined {
    private final Connection connection;
    private final QuestionStream stream;

    Pipelined(Connection connection, Method method) {
        this.connection = connection;
        stream = connection.open(method);
    }

    /**
     * By one thread at a time.
     *
     * @return waits for the answer; throws {@link ProjectorAway} when nothing comes, and {@link ProjectorFailed} when it can't be
     *     answered in this way, or not any more
     */
    Supplier<Answer> ask(byte[] question, Function<byte[], Answer> reply) {
        Connection.requireSize(question);
        CompletableFuture<byte[]> answer = stream.send(question);
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
        return stream.isClosed();
    }

    void close() {
        if (!isClosed()) {
            stream.cancel(new CancellationException("nothing more is asked"));
        }
    }
}
