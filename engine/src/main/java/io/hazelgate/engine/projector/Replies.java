package io.hazelgate.engine.projector;

import static io.hazelgate.engine.projector.Msgpack.bytes;
import static io.hazelgate.engine.projector.Msgpack.list;
import static io.hazelgate.engine.projector.Msgpack.text;
import static io.hazelgate.engine.projector.Msgpack.texts;
import static io.hazelgate.engine.projector.Msgpack.textsByName;
import static io.hazelgate.engine.projector.Msgpack.tuple;
import static io.hazelgate.engine.projector.Msgpack.tuples;

import io.hazelgate.engine.projector.Answerer.Life;
import io.hazelgate.engine.projector.Description.UsualRead;
import io.hazelgate.engine.projector.Description.UsualReads;
import io.hazelgate.engine.projector.Resolving.Affected;
import io.hazelgate.engine.projector.Resolving.Settled;
import io.hazelgate.engine.projector.Resolving.Settling;
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
        return tuple(body, reply -> {
            Answer answer =
                    new Answer(textsByName(reply), tuples(reply, Replies::outcome), tuples(reply, Replies::write));
            // A projector of the release before says nothing of claims.
            return reply.hasNext() ? withClaims(answer, reply) : answer;
        });
    }

    private static Answer withClaims(Answer answer, MessageUnpacker reply) throws IOException {
        reply.unpackArrayHeader();
        List<Claimed> claims = tuples(reply, Replies::claimed);
        List<int[]> after = list(reply, Replies::numbers);
        return new Answer(answer.needs(), answer.outcomes(), answer.writes(), claims, after);
    }

    static Answer folded(byte[] body) {
        return tuple(body, reply -> new Answer(textsByName(reply), List.of(), tuples(reply, Replies::write)));
    }

    static Resolving resolving(byte[] body) {
        return tuple(
                body,
                reply -> new Resolving(
                        textsByName(reply),
                        list(reply, step -> tuples(step, Replies::write)),
                        tuples(
                                reply,
                                event ->
                                        new Affected(event.unpackString(), event.unpackString(), event.unpackString())),
                        bytes(reply)));
    }

    static Settling settling(byte[] body) {
        return tuple(
                body,
                reply -> new Settling(
                        textsByName(reply),
                        tuples(
                                reply,
                                event -> new Settled(
                                        event.unpackString(),
                                        bytes(event),
                                        event.unpackString(),
                                        event.unpackBoolean())),
                        // A projector of the release before does not say it.
                        reply.hasNext() && reply.unpackBoolean()));
    }

    static Description description(byte[] body) {
        Map<String, List<String>> views = new LinkedHashMap<>();
        Map<String, String> code = new LinkedHashMap<>();
        Map<String, String> aggregates = new LinkedHashMap<>();
        Map<String, UsualReads> usualReads = new LinkedHashMap<>();
        return tuple(body, reply -> {
            String fingerprint = reply.unpackString();
            tuples(reply, view -> {
                String name = view.unpackString();
                views.put(name, texts(view));
                return code.put(name, view.unpackString());
            });
            tuples(reply, type -> {
                String name = type.unpackString();
                aggregates.put(name, type.unpackString());
                List<UsualRead> reads = tuples(
                        type,
                        read -> new UsualRead(
                                read.unpackString(), List.of(read.unpackString().split("\\."))));
                return usualReads.put(name, new UsualReads(reads, type.unpackBoolean()));
            });
            return new Description(fingerprint, views, code, aggregates, usualReads);
        });
    }

    static Life life(byte[] body) {
        return tuple(body, reply -> new Life(reply.unpackString(), reply.unpackString()));
    }

    /** Whether it is a crumb, an array of five, and no answer. */
    static boolean isCrumb(byte[] body) {
        return body.length > 0 && body[0] == CRUMB_HEADER;
    }

    static Crumb crumb(byte[] body) {
        return tuple(
                body,
                reply -> new Crumb(
                        reply.unpackString(),
                        reply.unpackString(),
                        reply.unpackString(),
                        reply.unpackString(),
                        reply.unpackString()));
    }

    private static Outcome outcome(MessageUnpacker reply) throws IOException {
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
        String map = reply.unpackString();
        String key = reply.unpackString();
        long expectedVersion = reply.unpackLong();
        byte[] value = bytes(reply);
        return new Write(map, key, expectedVersion, value, numbers(reply));
    }

    private static Claimed claimed(MessageUnpacker reply) throws IOException {
        return new Claimed(reply.unpackString(), reply.unpackString(), reply.unpackLong(), numbers(reply));
    }

    private static int[] numbers(MessageUnpacker reply) throws IOException {
        int[] numbers = new int[reply.unpackArrayHeader()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = reply.unpackInt();
        }
        return numbers;
    }
}
