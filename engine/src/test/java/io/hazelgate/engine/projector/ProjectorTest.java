package io.hazelgate.engine.projector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.hazelgate.engine.wire.Loaded;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;

@Timeout(300)
class ProjectorTest {
    private static final byte[] NOTHING = {(byte) 0x93, (byte) 0x80, (byte) 0x90, (byte) 0x90};
    /** Of a map {@code m} the key {@code k}. */
    private static final byte[] NEEDS = {
        (byte) 0x93, (byte) 0x81, (byte) 0xa1, 'm', (byte) 0x91, (byte) 0xa1, 'k', (byte) 0x90, (byte) 0x90
    };

    private final BlockingQueue<byte[]> heard = new LinkedBlockingQueue<>();
    private Server server;
    private Projector projector;
    private String instance = "one";
    private int timeoutSeconds = 60;

    @AfterEach
    void end() {
        if (projector != null) {
            projector.close();
        }
        if (server != null) {
            server.shutdownNow();
        }
    }

    /** A projector that does with each message on the stream what the script says. */
    private Asker asker(BiConsumer<byte[], StreamObserver<byte[]>> script) throws Exception {
        server = NettyServerBuilder.forPort(0)
                .addService(ServerServiceDefinition.builder("hazelgate.Projector")
                        .addMethod(
                                method("Describe", MethodDescriptor.MethodType.UNARY),
                                ServerCalls.asyncUnaryCall((request, answer) -> answer(answer, describe())))
                        .addMethod(
                                method("Life", MethodDescriptor.MethodType.UNARY),
                                ServerCalls.asyncUnaryCall(
                                        (request, answer) -> answer(answer, strings(instance, "fell over"))))
                        .addMethod(
                                method("Process", MethodDescriptor.MethodType.BIDI_STREAMING),
                                ServerCalls.asyncBidiStreamingCall(answers -> new Conversation(script, answers)))
                        .build())
                .build()
                .start();
        projector = new Projector("127.0.0.1:" + server.getPort(), timeoutSeconds, description -> {});
        projector.awaitReady();
        return projector.newAsker();
    }

    private final class Conversation implements StreamObserver<byte[]> {
        private final BiConsumer<byte[], StreamObserver<byte[]>> script;
        private final StreamObserver<byte[]> answers;

        Conversation(BiConsumer<byte[], StreamObserver<byte[]>> script, StreamObserver<byte[]> answers) {
            this.script = script;
            this.answers = answers;
        }

        @Override
        public void onNext(byte[] message) {
            heard.add(message);
            script.accept(message, answers);
        }

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {
            answers.onCompleted();
        }
    }

    private static Answer ask(Asker asker) {
        return asker.process(1, 1, List.of(), new Loaded(), new Care(true, List.of()));
    }

    @Test
    void crumbsAreConfirmedUntilTheAnswerComes() throws Exception {
        Asker asker = asker((message, answers) ->
                answers.onNext(heard.size() < 3 ? strings("fold", "f", "e" + heard.size(), "v", "k") : NOTHING));
        assertFalse(ask(asker).needsMore());
        assertEquals(3, heard.size());
        heard.take();
        assertEquals((byte) 0xc0, heard.take()[0]);
    }

    @Test
    void theLastCrumbIsKnownWhenItDies() throws Exception {
        Asker asker = asker((message, answers) -> {
            if (heard.size() == 1) {
                answers.onNext(strings("fold", "f", "e1", "v", "k"));
            } else {
                answers.onError(Status.UNAVAILABLE.asException());
            }
        });
        ProjectorAway away = assertThrows(ProjectorAway.class, () -> ask(asker));
        assertEquals(new Crumb("fold", "f", "e1", "v", "k"), away.crumb);
        assertTrue(projector.isReady(), "for a moment nobody need know");
    }

    @Test
    void whoDoesNotAnswerInTimeIsAway() throws Exception {
        timeoutSeconds = 1;
        Asker asker = asker((message, answers) -> {});
        assertThrows(ProjectorAway.class, () -> ask(asker));
    }

    @Test
    void aFailureIsNoAbsence() throws Exception {
        Asker asker = asker((message, answers) ->
                answers.onError(Status.INTERNAL.withDescription("boom").asException()));
        assertThrows(ProjectorFailed.class, () -> ask(asker));
        assertThrows(ProjectorFailed.class, () -> ask(asker), "the next question has a stream of its own");
        assertTrue(projector.isReady());
    }

    @Test
    void whatDoesNotFitIsSaidSo() throws Exception {
        Asker asker = asker((message, answers) -> answers.onError(
                Status.RESOURCE_EXHAUSTED.withDescription("70 MB").asException()));
        assertThrows(BatchTooLarge.class, () -> ask(asker));
        Loaded huge = new Loaded();
        huge.put("m", Map.of("k", new byte[65 * 1024 * 1024]));
        assertThrows(BatchTooLarge.class, () -> asker.process(1, 1, List.of(), huge, Care.NONE));
    }

    @Test
    void anotherProcessThatAnswersIsARestart() throws Exception {
        Asker asker = asker((message, answers) -> answers.onError(Status.UNAVAILABLE.asException()));
        assertEquals(0, projector.restarts());
        assertThrows(ProjectorAway.class, () -> ask(asker));
        instance = "two";
        projector.awaitReady();
        assertEquals(1, projector.restarts());
        assertEquals("fell over", projector.life().ended());
    }

    private Supplier<Answer> askAhead(Asker asker) {
        return asker.ahead(1, 1, List.of(), new Loaded());
    }

    @Test
    void whatIsAskedAheadIsAnsweredInItsOrder() throws Exception {
        asker((message, answers) -> {
            if (heard.size() == 2) {
                answers.onNext(NOTHING);
                answers.onNext(NEEDS);
            }
        });
        try (Asker asker = projector.newAsker()) {
            Supplier<Answer> first = askAhead(asker);
            Supplier<Answer> second = askAhead(asker);
            assertTrue(second.get().needsMore());
            assertFalse(first.get().needsMore());
        }
    }

    @Test
    void whereOneQuestionFailsNoneAfterItIsAnsweredAndTheNextHasAStreamOfItsOwn() throws Exception {
        asker((message, answers) -> {
            if (heard.size() == 2) {
                answers.onError(Status.ABORTED.asException());
            } else if (heard.size() == 3) {
                answers.onNext(NOTHING);
            }
        });
        try (Asker asker = projector.newAsker()) {
            Supplier<Answer> first = askAhead(asker);
            Supplier<Answer> second = askAhead(asker);
            assertThrows(ProjectorFailed.class, first::get);
            assertThrows(ProjectorFailed.class, second::get);
            assertFalse(askAhead(asker).get().needsMore());
            assertTrue(projector.isReady(), "it is there");
        }
    }

    @Test
    void whoIsClosedAnswersNoMore() throws Exception {
        asker((message, answers) -> {});
        Asker asker = projector.newAsker();
        Supplier<Answer> answering = askAhead(asker);
        asker.close();
        assertThrows(ProjectorFailed.class, answering::get);
    }

    private static void answer(StreamObserver<byte[]> answers, byte[] body) {
        answers.onNext(body);
        answers.onCompleted();
    }

    private static byte[] describe() {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
            packer.packArrayHeader(3).packString("print").packArrayHeader(0).packArrayHeader(0);
            return packer.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] strings(String... texts) {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
            packer.packArrayHeader(texts.length);
            for (String text : texts) {
                packer.packString(text);
            }
            return packer.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static MethodDescriptor<byte[], byte[]> method(String name, MethodDescriptor.MethodType type) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(type)
                .setFullMethodName("hazelgate.Projector/" + name)
                .setRequestMarshaller(new Bytes())
                .setResponseMarshaller(new Bytes())
                .build();
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
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
