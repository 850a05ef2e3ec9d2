package io.hazelgate.engine.projector;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The Python process that upcasts, guards and folds. It is asked one batch at a time and keeps nothing between two calls, so
 * that it can be killed and started again whenever it likes.
 */
public final class Projector implements Answerer, AutoCloseable {
    private static final int MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
    /** A worker that is started again is back within this, and nobody need be told that it was away. */
    private static final long MAX_UNTOLD_ABSENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final long DESCRIBE_DEADLINE_SECONDS = 2;
    private static final long PROBE_INTERVAL_MILLIS = 100;

    private static final MethodDescriptor<byte[], byte[]> DESCRIBE =
            method("Describe", MethodDescriptor.MethodType.UNARY);
    private static final MethodDescriptor<byte[], byte[]> LIFE = method("Life", MethodDescriptor.MethodType.UNARY);
    private static final MethodDescriptor<byte[], byte[]> PROCESS =
            method("Process", MethodDescriptor.MethodType.BIDI_STREAMING);
    private static final MethodDescriptor<byte[], byte[]> FOLD =
            method("Fold", MethodDescriptor.MethodType.BIDI_STREAMING);
    private static final MethodDescriptor<byte[], byte[]> REPLAY =
            method("Replay", MethodDescriptor.MethodType.BIDI_STREAMING);
    private static final MethodDescriptor<byte[], byte[]> RESOLVE =
            method("Resolve", MethodDescriptor.MethodType.BIDI_STREAMING);
    private static final MethodDescriptor<byte[], byte[]> SETTLE =
            method("Settle", MethodDescriptor.MethodType.BIDI_STREAMING);

    private final String address;
    private final ManagedChannel channel;
    private final Consumer<Description> onDescription;
    private final long timeoutSeconds;
    private final AtomicLong batches = new AtomicLong();
    private final AtomicLong restarts = new AtomicLong();
    private volatile boolean ready;
    private volatile long readyLastNanos = System.nanoTime() - MAX_UNTOLD_ABSENCE_NANOS;
    private volatile Life life = Life.UNKNOWN;
    private volatile String problem;
    private volatile Description description = Description.NONE;

    /**
     * @param address {@code host:port}
     * @param timeoutSeconds how long it may take to answer, or to give another sign of life
     * @param onDescription called whenever the projector has (re)appeared or changed, before the first batch goes to it; may raise
     *     {@link UnfitProjector}
     */
    public Projector(String address, long timeoutSeconds, Consumer<Description> onDescription) {
        this.address = address;
        this.timeoutSeconds = timeoutSeconds;
        this.onDescription = onDescription;
        channel = NettyChannelBuilder.forTarget("dns:///" + address)
                .usePlaintext()
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .directExecutor()
                .build();
    }

    /** Whether it answers, or did a moment ago: its worker is started again within a second, and events wait for it. */
    public boolean isReady() {
        return ready || problem == null && System.nanoTime() - readyLastNanos < MAX_UNTOLD_ABSENCE_NANOS;
    }

    @Override
    public Life life() {
        return life;
    }

    /** How often another process has answered than before. */
    public long restarts() {
        return restarts.get();
    }

    /** Why it is not used although it answers; null otherwise. */
    public String problem() {
        return problem;
    }

    /** What it said of itself when it last appeared. */
    public Description description() {
        return description;
    }

    public String address() {
        return address;
    }

    /** One who asks, one question at a time. */
    public final class Asker {
        private volatile Conversation conversation;

        private Asker() {}

        /**
         * Asks about one batch, over as many rounds as the caller makes.
         *
         * @throws ProjectorAway when it can't be reached, dies or does not answer; {@link Projector#awaitReady} then waits for it
         * @throws BatchTooLarge when the batch fits into no question, or what it comes to into no answer
         * @throws ProjectorFailed when it answers that it could not
         */
        public Answer process(
                long batchId, int round, List<Input> events, Map<String, Map<String, byte[]>> loaded, Care care) {
            byte[] request = Messages.request(batchId, round, events, loaded, care);
            requireSize(request);
            Conversation current = conversation;
            if (current == null || current.isClosed()) {
                current = new Conversation(PROCESS);
                conversation = current;
            }
            return Messages.answer(current.ask(request));
        }

        /** Asks no more. A stream that stays open keeps one of the projector's threads. */
        public void close() {
            end(conversation);
        }
    }

    /** One who has stored events folded, one batch at a time, over its own stream. */
    public final class Folder {
        private Conversation conversation;
        private long batchId;

        private Folder() {}

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
            if (conversation == null || conversation.isClosed()) {
                conversation = new Conversation(FOLD);
            }
            batchId = newBatchId();
            return ask(0, views, records, decisions, care);
        }

        /** Goes on with the batch that was begun last, with more entries loaded. */
        public Answer goOn(int round, Map<String, Map<String, byte[]>> loaded, Care care) {
            return ask(round, List.of(), List.of(), loaded, care);
        }

        private Answer ask(
                int round,
                Collection<String> views,
                List<byte[]> records,
                Map<String, Map<String, byte[]>> loaded,
                Care care) {
            byte[] request = Messages.foldRequest(batchId, round, views, records, loaded, care);
            requireSize(request);
            return Messages.foldAnswer(conversation.ask(request));
        }

        /** Asks no more. A stream that stays open keeps one of the projector's threads. */
        public void close() {
            end(conversation);
        }
    }

    /** One who asks about batches before their turn: several questions may be under way, in the order in which they were asked. */
    public final class AskerAhead {
        private Pipelined questions;

        private AskerAhead() {}

        /**
         * Asks about one batch.
         *
         * @throws BatchTooLarge when the batch fits into no question
         */
        public Answering ask(long batchId, int round, List<Input> events, Map<String, Map<String, byte[]>> loaded) {
            byte[] request = Messages.request(batchId, round, events, loaded, Care.NONE);
            requireSize(request);
            synchronized (this) {
                if (questions == null || questions.isClosed()) {
                    questions = new Pipelined(PROCESS);
                }
                return questions.ask(request, Messages::answer);
            }
        }

        /** Asks no more. A stream that stays open keeps one of the projector's threads. */
        public synchronized void close() {
            if (questions != null) {
                questions.close();
            }
        }
    }

    /**
     * One who has a long log folded, over a stream on which several questions may be under way; they are answered in their order.
     * What is unusual ends it: its answers fail from then on.
     */
    public final class Replayer implements AutoCloseable {
        private final Pipelined questions = new Pipelined(REPLAY);

        private Replayer() {}

        /** Has a batch read; what it needs is the answer. */
        public Answering read(long batchId, Collection<String> views, List<byte[]> records) {
            return ask(Messages.foldRequest(batchId, 0, views, records, Map.of(), Care.NONE));
        }

        /** Has a batch that was read folded; its writes are the answer. */
        public Answering fold(long batchId, Map<String, Map<String, byte[]>> loaded) {
            return ask(Messages.foldRequest(batchId, 1, List.of(), List.of(), loaded, Care.NONE));
        }

        private Answering ask(byte[] question) {
            requireSize(question);
            return questions.ask(question, Messages::foldAnswer);
        }

        @Override
        public void close() {
            questions.close();
        }
    }

    /** What will be answered. */
    public interface Answering {
        /**
         * Waits for it.
         *
         * @throws ProjectorAway when nothing comes
         * @throws ProjectorFailed when it can't be answered in this way, or not any more
         */
        Answer await();
    }

    private static void end(Conversation conversation) {
        if (conversation != null && !conversation.isClosed()) {
            conversation.questions.onCompleted();
        }
    }

    public Folder newFolder() {
        return new Folder();
    }

    public Replayer newReplayer() {
        return new Replayer();
    }

    public AskerAhead newAskerAhead() {
        return new AskerAhead();
    }

    public Asker newAsker() {
        return new Asker();
    }

    public long newBatchId() {
        return batches.incrementAndGet();
    }

    /**
     * Asks what to do about a dead letter, in one round.
     *
     * @throws ProjectorAway when it can't be reached, dies or does not answer
     * @throws BatchTooLarge when the letter fits into no question, or what it comes to into no answer
     * @throws ProjectorFailed when it answers that it could not
     */
    public Resolving resolve(byte[] request) {
        return Messages.resolving(askOnce(RESOLVE, request));
    }

    /** Asks how events stand, in one round. */
    public Resolving.Settling settle(byte[] request) {
        return Messages.settling(askOnce(SETTLE, request));
    }

    /** Over a stream of its own: this is rare, and several may ask at the same time. */
    private byte[] askOnce(MethodDescriptor<byte[], byte[]> method, byte[] request) {
        requireSize(request);
        Conversation conversation = new Conversation(method);
        byte[] answer = conversation.ask(request);
        end(conversation);
        return answer;
    }

    private static void requireSize(byte[] request) {
        if (request.length > MAX_MESSAGE_BYTES) {
            throw new BatchTooLarge("with what it needs it has " + request.length + " bytes, at most "
                    + MAX_MESSAGE_BYTES + " go through");
        }
    }

    @Override
    public void awaitReady() throws InterruptedException {
        while (!ready) {
            if (!probe()) {
                Thread.sleep(PROBE_INTERVAL_MILLIS);
            }
        }
    }

    /**
     * The same projector for one who does not wait for ever.
     *
     * @return its {@code awaitReady} throws {@link ProjectorAway} after that many milliseconds
     */
    public Answerer patientFor(long millis) {
        return new Answerer() {
            @Override
            public void awaitReady() throws InterruptedException {
                long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
                while (!ready && !probe()) {
                    if (System.nanoTime() > until) {
                        throw new ProjectorAway("the projector at " + address + " is away", null);
                    }
                    Thread.sleep(PROBE_INTERVAL_MILLIS);
                }
            }

            @Override
            public Life life() {
                return Projector.this.life();
            }
        };
    }

    /** Asks once whether it is there, so that readiness is known while no events come. */
    public boolean probe() {
        try {
            channel.resetConnectBackoff();
            Description told =
                    Messages.description(call(DESCRIBE, Messages.DESCRIBE_REQUEST, DESCRIBE_DEADLINE_SECONDS));
            // Another projector may have come to the same address between two probes.
            if (!ready || !told.fingerprint().equals(description.fingerprint())) {
                ready = false;
                Life now = Messages.life(call(LIFE, Messages.DESCRIBE_REQUEST, DESCRIBE_DEADLINE_SECONDS));
                description = told;
                onDescription.accept(told);
                if (!life.equals(Life.UNKNOWN) && !life.instance().equals(now.instance())) {
                    restarts.incrementAndGet();
                }
                life = now;
                ready = true;
            }
            problem = null;
            return true;
        } catch (UnfitProjector e) {
            problem = e.getMessage();
            return false;
        } catch (ProjectorAway e) {
            problem = null;
            return false;
        }
    }

    private byte[] call(MethodDescriptor<byte[], byte[]> method, byte[] request, long deadlineSeconds) {
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(deadlineSeconds, TimeUnit.SECONDS);
        try {
            return ClientCalls.blockingUnaryCall(channel, method, options, request);
        } catch (StatusRuntimeException e) {
            throw away(String.valueOf(e.getStatus()), e);
        }
    }

    private ProjectorAway away(String why, Throwable cause) {
        return away(why, null, cause);
    }

    private ProjectorAway away(String why, Crumb crumb, Throwable cause) {
        if (ready) {
            readyLastNanos = System.nanoTime();
            ready = false;
        }
        return new ProjectorAway("the projector at " + address + " did not answer: " + why, crumb, cause);
    }

    /**
     * A stream that is kept open: question and answer in turn. A call of its own for each question costs half a millisecond more
     * (measured at rest, where every hand-over between threads has to wake somebody up).
     */
    private final class Conversation implements StreamObserver<byte[]> {
        private final StreamObserver<byte[]> questions;
        private volatile Crumb crumb;
        private volatile CompletableFuture<byte[]> answer = new CompletableFuture<>();
        private volatile Throwable closedBy;

        Conversation(MethodDescriptor<byte[], byte[]> method) {
            questions = ClientCalls.asyncBidiStreamingCall(channel.newCall(method, CallOptions.DEFAULT), this);
        }

        byte[] ask(byte[] question) {
            crumb = null;
            byte[] said = exchange(question);
            while (Messages.isCrumb(said)) {
                crumb = Messages.crumb(said);
                said = exchange(Messages.CRUMB_SEEN);
            }
            return said;
        }

        private byte[] exchange(byte[] question) {
            CompletableFuture<byte[]> awaited = new CompletableFuture<>();
            answer = awaited;
            if (closedBy != null) {
                // It closed before it could know of this question.
                awaited.completeExceptionally(closedBy);
            }
            try {
                questions.onNext(question);
                return awaited.get(timeoutSeconds, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw end("interrupted", e);
            } catch (TimeoutException e) {
                throw end("nothing came within " + timeoutSeconds + " s", e);
            } catch (ExecutionException e) {
                throw end(String.valueOf(e.getCause().getMessage()), e);
            } catch (IllegalStateException e) {
                throw end("the stream is closed", e);
            }
        }

        boolean isClosed() {
            return closedBy != null;
        }

        private RuntimeException end(String why, Exception cause) {
            closedBy = cause;
            questions.onError(Status.CANCELLED.asException());
            Status status = cause instanceof ExecutionException ? Status.fromThrowable(cause.getCause()) : null;
            if (status != null && status.getCode() == Status.Code.RESOURCE_EXHAUSTED) {
                return new BatchTooLarge(status.getDescription());
            }
            if (status != null && status.getCode() == Status.Code.INTERNAL) {
                return new ProjectorFailed(
                        "the projector at " + address + " failed: " + status.getDescription(), crumb, cause);
            }
            return away(why, crumb, cause);
        }

        @Override
        public void onNext(byte[] value) {
            answer.complete(value);
        }

        @Override
        public void onError(Throwable error) {
            closedBy = error;
            answer.completeExceptionally(error);
        }

        @Override
        public void onCompleted() {
            onError(Status.UNAVAILABLE.withDescription("it closed the stream").asException());
        }
    }

    /** A stream of questions that don't wait for each other's answers, which come in their order. Once closed, all fail. */
    private final class Pipelined implements StreamObserver<byte[]> {
        private final Queue<CompletableFuture<byte[]>> awaited = new ConcurrentLinkedQueue<>();
        private final StreamObserver<byte[]> questions;
        private volatile Throwable closedBy;

        Pipelined(MethodDescriptor<byte[], byte[]> method) {
            questions = ClientCalls.asyncBidiStreamingCall(channel.newCall(method, CallOptions.DEFAULT), this);
        }

        /** By one thread at a time. */
        Answering ask(byte[] question, Function<byte[], Answer> decode) {
            CompletableFuture<byte[]> answer = new CompletableFuture<>();
            awaited.add(answer);
            if (closedBy != null) {
                answer.completeExceptionally(closedBy);
            } else {
                questions.onNext(question);
            }
            return () -> {
                try {
                    return decode.apply(answer.get(timeoutSeconds, TimeUnit.SECONDS));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException("interrupted while the projector was asked", e);
                } catch (TimeoutException e) {
                    close();
                    throw away("nothing came within " + timeoutSeconds + " s", e);
                } catch (ExecutionException e) {
                    throw new ProjectorFailed(
                            "the projector at " + address + " ended a stream of questions: "
                                    + e.getCause().getMessage(),
                            null,
                            e);
                }
            };
        }

        boolean isClosed() {
            return closedBy != null;
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

        void close() {
            if (closedBy == null) {
                questions.onError(Status.CANCELLED.asException());
            }
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    private static MethodDescriptor<byte[], byte[]> method(String name, MethodDescriptor.MethodType type) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(type)
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
