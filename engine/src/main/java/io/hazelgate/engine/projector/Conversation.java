package io.hazelgate.engine.projector;

import io.grpc.Status;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Question and answer in turn, over a stream that is kept open. A call of its own for each question costs half a millisecond more
 * (measured at rest, where every hand-over between threads has to wake somebody up).
 */
final class Conversation implements AutoCloseable {
    private final Connection connection;
    private final Method method;
    private volatile QuestionStream stream;
    private Crumb crumb;

    Conversation(Connection connection, Method method) {
        this.connection = connection;
        this.method = method;
    }

    /** Asks, over a new stream where the one before is closed. */
    byte[] ask(byte[] question) {
        if (stream == null || stream.isClosed()) {
            stream = new QuestionStream(connection, method);
        }
        return goOn(question);
    }

    /** Asks over the same stream: it is about what was asked there before. */
    byte[] goOn(byte[] question) {
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
        stream.cancel();
        Status status = cause instanceof ExecutionException ? Status.fromThrowable(cause.getCause()) : Status.OK;
        return switch (status.getCode()) {
            case RESOURCE_EXHAUSTED -> new BatchTooLarge(status.getDescription());
            case INTERNAL ->
                new ProjectorFailed(
                        "the projector at " + connection.address + " failed: " + status.getDescription(), crumb, cause);
            default -> connection.away(why, crumb, cause);
        };
    }

    @Override
    public void close() {
        if (stream != null) {
            stream.complete();
        }
    }
}
