package io.hazelgate.engine.projector;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The calls of docs/reference/protocol.md. Their messages are bytes to gRPC. */
enum Method {
    DESCRIBE("Describe", MethodType.UNARY),
    LIFE("Life", MethodType.UNARY),
    PROCESS("Process", MethodType.BIDI_STREAMING),
    FOLD("Fold", MethodType.BIDI_STREAMING),
    REPLAY("Replay", MethodType.BIDI_STREAMING),
    RESOLVE("Resolve", MethodType.BIDI_STREAMING),
    SETTLE("Settle", MethodType.BIDI_STREAMING);

    final MethodDescriptor<byte[], byte[]> descriptor;

    Method(String name, MethodType type) {
        descriptor = MethodDescriptor.<byte[], byte[]>newBuilder()
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
