package io.hazelgate.engine.projector;

import static io.hazelgate.engine.projector.Msgpack.packBytes;
import static io.hazelgate.engine.projector.Msgpack.packList;
import static io.hazelgate.engine.projector.Msgpack.packText;
import static io.hazelgate.engine.projector.Msgpack.packed;

import io.hazelgate.engine.wire.Loaded;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.msgpack.core.MessagePacker;

/** What the projector is asked: the requests of docs/reference/protocol.md. */
final class Requests {
    /** Of {@code Describe} and {@code Life}. */
    static final byte[] NOTHING = {(byte) 0x90};
    /** What a crumb is confirmed with: nil. */
    static final byte[] CRUMB_SEEN = {(byte) 0xc0};

    private Requests() {}

    static byte[] process(long batchId, int round, List<Input> events, Loaded loaded, Care care) {
        return packed(packer -> {
            packer.packArrayHeader(care.careful() ? 6 : 4).packLong(batchId).packInt(round);
            packList(packer, events, Requests::packInput);
            packLoaded(packer, loaded);
            if (care.careful()) {
                packCare(packer, care);
            }
        });
    }

    static byte[] fold(
            long batchId, int round, Collection<String> views, List<byte[]> records, Loaded loaded, Care care) {
        return packed(packer -> {
            packer.packArrayHeader(care.careful() ? 7 : 5).packLong(batchId).packInt(round);
            packList(packer, views, MessagePacker::packString);
            packList(packer, records, Msgpack::packBytes);
            packLoaded(packer, loaded);
            if (care.careful()) {
                packCare(packer, care);
            }
        });
    }

    static byte[] resolve(
            Resolving.Order order, String now, int maxAttempts, long backoffMillis, Loaded loaded, Care care) {
        return packed(packer -> {
            packer.packArrayHeader(10).packString(order.deadLetterId()).packString(order.action());
            packBytes(packer, order.data());
            packText(packer, order.reason());
            packer.packString(now).packInt(maxAttempts).packLong(backoffMillis);
            packLoaded(packer, loaded);
            packCare(packer, care);
        });
    }

    /** @param without the dead letter that is about to go, or null */
    static byte[] settle(List<Resolving.Affected> events, String without, String now, Loaded loaded, Care care) {
        return packed(packer -> {
            packer.packArrayHeader(6);
            packList(packer, events, (into, event) -> into.packArrayHeader(3)
                    .packString(event.storeKey())
                    .packString(event.replyTo())
                    .packString(event.submissionId()));
            packText(packer, without);
            packer.packString(now);
            packLoaded(packer, loaded);
            packCare(packer, care);
        });
    }

    private static void packInput(MessagePacker packer, Input event) throws IOException {
        packer.packArrayHeader(6);
        packBytes(packer, event.envelope());
        packer.packInt(event.lane()).packLong(event.position()).packString(event.receivedAt());
        packBytes(packer, event.idRecord());
        packBytes(packer, event.storedRecord());
    }

    private static void packCare(MessagePacker packer, Care care) throws IOException {
        packer.packBoolean(care.careful());
        packList(packer, care.failed(), (into, failed) -> {
            Crumb crumb = failed.crumb();
            into.packArrayHeader(6).packString(crumb.stage()).packString(crumb.function());
            into.packString(crumb.eventId()).packString(crumb.view()).packString(crumb.entryKey());
            into.packString(failed.message());
        });
    }

    private static void packLoaded(MessagePacker packer, Loaded loaded) throws IOException {
        packer.packMapHeader(loaded.size());
        for (Map.Entry<String, Map<String, byte[]>> map : loaded.entrySet()) {
            packer.packString(map.getKey()).packMapHeader(map.getValue().size());
            for (Map.Entry<String, byte[]> entry : map.getValue().entrySet()) {
                packer.packString(entry.getKey());
                packBytes(packer, entry.getValue());
            }
        }
    }
}
