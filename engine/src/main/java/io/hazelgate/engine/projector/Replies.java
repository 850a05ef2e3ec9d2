package io.hazelgate.engine.projector;

import static io.hazelgate.engine.projector.Msgpack.bytes;
import static io.hazelgate.engine.projector.Msgpack.list;
import static io.hazelgate.engine.projector.Msgpack.text;
import static io.hazelgate.engine.projector.Msgpack.texts;
import static io.hazelgate.engine.projector.Msgpack.textsByName;
import static io.hazelgate.engine.projector.Msgpack.unpacked;

import io.hazelgate.engine.projector.Description.UsualRead;
import io.hazelgate.engine.projector.Description.UsualReads;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.msgpack.core.MessageUnpacker;

/** What the projector answers: the replies of docs/reference/protocol.md. */
final class Replies {
    private static final byte CRUMB_HEADER = (byte) 0x95;

    private Replies() {}

    static Answer processed(byte[] body) {
        return unpacked(body, reply -> {
            reply.unpackArrayHeader();
            return new Answer(textsByName(reply), list(reply, Replies::outcome), list(reply, Replies::write));
        });
    }

    static Answer folded(byte[] body) {
        return unpacked(body, reply -> {
            reply.unpackArrayHeader();
            return new Answer(textsByName(reply), List.of(), list(reply, Replies::write));
        });
    }

    static Resolving resolving(byte[] body) {
        return unpacked(body, reply -> {
            reply.unpackArrayHeader();
            return new Resolving(
                    textsByName(reply),
                    list(reply, step -> list(step, Replies::write)),
                    list(reply, Replies::affected),
                    bytes(reply));
        });
    }

    static Resolving.Settling settling(byte[] body) {
        return unpacked(body, reply -> {
            reply.unpackArrayHeader();
            return new Resolving.Settling(textsByName(reply), list(reply, Replies::settled));
        });
    }

    static Description description(byte[] body) {
        return unpacked(body, reply -> {
            reply.unpackArrayHeader();
            String fingerprint = reply.unpackString();
            Map<String, List<String>> views = new LinkedHashMap<>();
            Map<String, String> code = new LinkedHashMap<>();
            int viewCount = reply.unpackArrayHeader();
            for (int i = 0; i < viewCount; i++) {
                reply.unpackArrayHeader();
                String view = reply.unpackString();
                views.put(view, texts(reply));
                code.put(view, reply.unpackString());
            }
            Map<String, String> aggregates = new LinkedHashMap<>();
            Map<String, UsualReads> usualReads = new LinkedHashMap<>();
            int typeCount = reply.unpackArrayHeader();
            for (int i = 0; i < typeCount; i++) {
                reply.unpackArrayHeader();
                String eventType = reply.unpackString();
                aggregates.put(eventType, reply.unpackString());
                usualReads.put(eventType, new UsualReads(list(reply, Replies::usualRead), reply.unpackBoolean()));
            }
            return new Description(fingerprint, views, code, aggregates, usualReads);
        });
    }

    static Life life(byte[] body) {
        List<String> fields = unpacked(body, Msgpack::texts);
        return new Life(fields.get(0), fields.get(1));
    }

    /** Whether it is a crumb, an array of five, and no answer. */
    static boolean isCrumb(byte[] body) {
        return body.length > 0 && body[0] == CRUMB_HEADER;
    }

    static Crumb crumb(byte[] body) {
        List<String> fields = unpacked(body, Msgpack::texts);
        return new Crumb(fields.get(0), fields.get(1), fields.get(2), fields.get(3), fields.get(4));
    }

    private static Outcome outcome(MessageUnpacker reply) throws IOException {
        reply.unpackArrayHeader();
        return new Outcome(
                reply.unpackInt(),
                text(reply),
                bytes(reply),
                bytes(reply),
                bytes(reply),
                text(reply),
                text(reply),
                reply.unpackBoolean());
    }

    private static Write write(MessageUnpacker reply) throws IOException {
        reply.unpackArrayHeader();
        String map = reply.unpackString();
        String key = reply.unpackString();
        long expectedVersion = reply.unpackLong();
        byte[] value = bytes(reply);
        int[] events = new int[reply.unpackArrayHeader()];
        for (int i = 0; i < events.length; i++) {
            events[i] = reply.unpackInt();
        }
        return new Write(map, key, expectedVersion, value, events);
    }

    private static Resolving.Affected affected(MessageUnpacker reply) throws IOException {
        reply.unpackArrayHeader();
        return new Resolving.Affected(reply.unpackString(), reply.unpackString(), reply.unpackString());
    }

    private static Resolving.Settled settled(MessageUnpacker reply) throws IOException {
        reply.unpackArrayHeader();
        return new Resolving.Settled(reply.unpackString(), bytes(reply), reply.unpackString(), reply.unpackBoolean());
    }

    private static UsualRead usualRead(MessageUnpacker reply) throws IOException {
        reply.unpackArrayHeader();
        return new UsualRead(reply.unpackString(), List.of(reply.unpackString().split("\\.")));
    }
}
