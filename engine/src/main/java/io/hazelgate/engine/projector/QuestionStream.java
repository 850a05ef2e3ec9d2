package io.hazelgate.engine.projector;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;

/** A stream of questions, whose answers come in their order. Once it is closed, all that are open and all that come fail. */
final class QuestionStream implements StreamObserver<byte[]> {
    private final Queue<CompletableFuture<byte[]>> awaited = new ConcurrentLinkedQueue<>();
    private final StreamObserver<byte[]> questions;
    private volatile Throwable closedBy;

    /** @param opening begins the call; its answers come to what it is given */
    QuestionStream(Function<StreamObserver<byte[]>, StreamObserver<byte[]>> opening) {
        questions = opening.apply(this);
    }

    /** By one thread at a time. */
    CompletableFuture<byte[]> send(byte[] question) {
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

    boolean isClosed() {
        return closedBy != null;
    }

    /** Asks no more; what is asked is answered. A stream that stays open keeps one of the projector's threads. */
    void complete() {
        if (!isClosed()) {
            questions.onCompleted();
        }
    }

    void cancel(Throwable cause) {
        closedBy = cause;
        questions.onError(Status.CANCELLED.asException());
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
