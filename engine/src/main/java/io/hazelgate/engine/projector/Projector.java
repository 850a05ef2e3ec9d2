package io.hazelgate.engine.projector;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The Python process that upcasts, guards and folds. It is asked one batch at a time and keeps nothing between two calls, so
 * that it can be killed and started again whenever it likes.
 */
public final class Projector implements AutoCloseable {
    private static final int MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
    private static final long PROCESS_DEADLINE_SECONDS = 30;
    private static final long DESCRIBE_DEADLINE_SECONDS = 2;
    private static final long PROBE_INTERVAL_MILLIS = 100;

    private static final MethodDescriptor<byte[], byte[]> DESCRIBE = method("Describe");
    private static final MethodDescriptor<byte[], byte[]> PROCESS = method("Process");

    private final String address;
    private final ManagedChannel channel;
    private final Consumer<Description> onDescription;
    private final AtomicLong batches = new AtomicLong();
    private volatile boolean ready;
    private volatile Description description = new Description("", Map.of(), Map.of());

    /**
     * @param address {@code host:port}
     * @param onDescription called whenever the projector has (re)appeared, before the first batch goes to it
     */
    public Projector(String address, Consumer<Description> onDescription) {
        this.address = address;
        this.onDescription = onDescription;
        channel = NettyChannelBuilder.forTarget("dns:///" + address)
                .usePlaintext()
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .directExecutor()
                .build();
    }

    public boolean isReady() {
        return ready;
    }

    /** What it said of itself when it last appeared. */
    public Description description() {
        return description;
    }

    public String address() {
        return address;
    }

    /**
     * Asks about one batch, over as many rounds as the caller makes.
     *
     * @throws ProjectorAway when it can't be reached; {@link #awaitReady} then waits for it
     */
    public Answer process(long batchId, int round, List<Input> events, Map<String, Map<String, byte[]>> loaded) {
        byte[] request = Messages.request(batchId, round, events, loaded);
        return Messages.answer(call(PROCESS, request, PROCESS_DEADLINE_SECONDS));
    }

    public long newBatchId() {
        return batches.incrementAndGet();
    }

    /** Waits until the projector answers; returns at once when it did the last time. */
    public void awaitReady() throws InterruptedException {
        while (!ready) {
            if (!probe()) {
                Thread.sleep(PROBE_INTERVAL_MILLIS);
            }
        }
    }

    /** Asks once whether it is there, so that readiness is known while no events come. */
    public boolean probe() {
        try {
            channel.resetConnectBackoff();
            Description told =
                    Messages.description(call(DESCRIBE, Messages.DESCRIBE_REQUEST, DESCRIBE_DEADLINE_SECONDS));
            if (!ready) {
                onDescription.accept(told);
                description = told;
                ready = true;
            }
            return true;
        } catch (ProjectorAway e) {
            return false;
        }
    }

    private byte[] call(MethodDescriptor<byte[], byte[]> method, byte[] request, long deadlineSeconds) {
        Channel target = channel;
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(deadlineSeconds, TimeUnit.SECONDS);
        try {
            return ClientCalls.blockingUnaryCall(target, method, options, request);
        } catch (StatusRuntimeException e) {
            ready = false;
            throw new ProjectorAway("the projector at " + address + " did not answer: " + e.getStatus(), e);
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    private static MethodDescriptor<byte[], byte[]> method(String name) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("hazelgate.Projector/" + name)
                .setRequestMarshaller(RawBytes.INSTANCE)
                .setResponseMarshaller(RawBytes.INSTANCE)
                .build();
    }

    private enum RawBytes implements MethodDescriptor.Marshaller<byte[]> {
        INSTANCE;

        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
