package io.hazelgate.engine.projector;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.TimeUnit;

/** The way to the projector's process, and whether it answers. */
final class Connection implements AutoCloseable {
    private static final int MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
    /** A worker that is started again is back within this, and nobody need be told that it was away. */
    private static final long MAX_UNTOLD_ABSENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final long CALL_DEADLINE_SECONDS = 2;

    final String address;
    final long timeoutSeconds;
    private final ManagedChannel channel;
    private volatile boolean answers;
    private volatile long answeredLastNanos = System.nanoTime() - MAX_UNTOLD_ABSENCE_NANOS;

    /**
     * @param address {@code host:port}
     * @param timeoutSeconds how long it may take to answer a question of a stream, or to give another sign of life
     */
    Connection(String address, long timeoutSeconds) {
        this.address = address;
        this.timeoutSeconds = timeoutSeconds;
        channel = NettyChannelBuilder.forTarget("dns:///" + address)
                .usePlaintext()
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .directExecutor()
                .build();
    }

    boolean answers() {
        return answers;
    }

    /** Whether it did until a moment ago. */
    boolean answeredJustNow() {
        return System.nanoTime() - answeredLastNanos < MAX_UNTOLD_ABSENCE_NANOS;
    }

    void answers(boolean now) {
        answers = now;
    }

    /** @throws ProjectorAway when it does not answer at once */
    byte[] call(Method method) {
        channel.resetConnectBackoff();
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(CALL_DEADLINE_SECONDS, TimeUnit.SECONDS);
        try {
            return ClientCalls.blockingUnaryCall(channel, method.descriptor, options, Requests.NOTHING);
        } catch (StatusRuntimeException e) {
            throw away(String.valueOf(e.getStatus()), null, e);
        }
    }

    StreamObserver<byte[]> open(Method method, StreamObserver<byte[]> answers) {
        return ClientCalls.asyncBidiStreamingCall(channel.newCall(method.descriptor, CallOptions.DEFAULT), answers);
    }

    /** From now on it does not answer, until it is known that it does again. */
    ProjectorAway away(String why, Crumb crumb, Throwable cause) {
        if (answers) {
            answeredLastNanos = System.nanoTime();
            answers = false;
        }
        return new ProjectorAway("the projector at " + address + " did not answer: " + why, crumb, cause);
    }

    static void requireSize(byte[] question) {
        if (question.length > MAX_MESSAGE_BYTES) {
            throw new BatchTooLarge("with what it needs it has " + question.length + " bytes, at most "
                    + MAX_MESSAGE_BYTES + " go through");
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
