package io.hazelgate.engine.projector;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessageFormat;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessagePacker;
import org.msgpack.core.MessageUnpacker;

/** The msgpack bodies of docs/reference/protocol.md. */
public final class Messages {
    public static final byte[] DESCRIBE_REQUEST = {(byte) 0x90};
    /** What a crumb is confirmed with: nil. */
    public static final byte[] CRUMB_SEEN = {(byte) 0xc0};

    private static final byte CRUMB_HEADER = (byte) 0x95;

    private Messages() {}

    public static byte[] request(long batchId, int round, List<Input> events, Map<String, Map<String, byte[]>> loaded) {
        return request(batchId, round, events, loaded, Care.NONE);
    }

    public static byte[] request(
            long batchId, int round, List<Input> events, Map<String, Map<String, byte[]>> loaded, Care care) {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
            packer.packArrayHeader(care.careful() ? 6 : 4).packLong(batchId).packInt(round);
            packer.packArrayHeader(events.size());
            for (Input event : events) {
                packer.packArrayHeader(6);
                packBytes(packer, event.envelope());
                packer.packInt(event.lane()).packLong(event.position()).packString(event.receivedAt());
                packBytes(packer, event.idRecord());
                packBytes(packer, event.storedRecord());
            }
            packLoaded(packer, loaded);
            if (care.careful()) {
                packCare(packer, care);
            }
            return packer.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] foldRequest(
            long batchId,
            int round,
            Collection<String> views,
            List<byte[]> records,
            Map<String, Map<String, byte[]>> loaded,
            Care care) {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
            packer.packArrayHeader(care.careful() ? 7 : 5).packLong(batchId).packInt(round);
            packer.packArrayHeader(views.size());
            for (String view : views) {
                packer.packString(view);
            }
            packer.packArrayHeader(records.size());
            for (byte[] record : records) {
                packBytes(packer, record);
            }
            packLoaded(packer, loaded);
            if (care.careful()) {
                packCare(packer, care);
            }
            return packer.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void packCare(MessagePacker packer, Care care) throws IOException {
        packer.packBoolean(care.careful()).packArrayHeader(care.failed().size());
        for (FailedCall failed : care.failed()) {
            Crumb crumb = failed.crumb();
            packer.packArrayHeader(6).packString(crumb.stage()).packString(crumb.function());
            packer.packString(crumb.eventId()).packString(crumb.view()).packString(crumb.entryKey());
            packer.packString(failed.message());
        }
    }

    private static void packLoaded(MessagePacker packer, Map<String, Map<String, byte[]>> loaded) throws IOException {
        packer.packMapHeader(loaded.size());
        for (Map.Entry<String, Map<String, byte[]>> map : loaded.entrySet()) {
            packer.packString(map.getKey()).packMapHeader(map.getValue().size());
            for (Map.Entry<String, byte[]> entry : map.getValue().entrySet()) {
                packer.packString(entry.getKey());
                packBytes(packer, entry.getValue());
            }
        }
    }

    public static Answer answer(byte[] body) {
        try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(body)) {
            unpacker.unpackArrayHeader();
            Map<String, List<String>> needs = stringLists(unpacker);
            int outcomeCount = unpacker.unpackArrayHeader();
            List<Outcome> outcomes = new ArrayList<>(outcomeCount);
            for (int i = 0; i < outcomeCount; i++) {
                unpacker.unpackArrayHeader();
                outcomes.add(new Outcome(
                        unpacker.unpackInt(),
                        string(unpacker),
                        bytes(unpacker),
                        bytes(unpacker),
                        bytes(unpacker),
                        string(unpacker),
                        string(unpacker),
                        unpacker.unpackBoolean()));
            }
            return new Answer(needs, outcomes, writes(unpacker));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Answer foldAnswer(byte[] body) {
        try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(body)) {
            unpacker.unpackArrayHeader();
            return new Answer(stringLists(unpacker), List.of(), writes(unpacker));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether it is a crumb, an array of five, and no answer. */
    public static boolean isCrumb(byte[] body) {
        return body.length > 0 && body[0] == CRUMB_HEADER;
    }

    public static Crumb crumb(byte[] body) {
        List<String> fields = fields(body);
        return new Crumb(fields.get(0), fields.get(1), fields.get(2), fields.get(3), fields.get(4));
    }

    public static Life life(byte[] body) {
        List<String> fields = fields(body);
        return new Life(fields.get(0), fields.get(1));
    }

    private static List<String> fields(byte[] body) {
        try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(body)) {
            return strings(unpacker);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static byte[] resolve(
            Resolving.Order order,
            String now,
            int maxAttempts,
            long backoffMillis,
            Map<String, Map<String, byte[]>> loaded,
            Care care) {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
            packer.packArrayHeader(10).packString(order.deadLetterId()).packString(order.action());
            packBytes(packer, order.data());
            packText(packer, order.reason());
            packer.packString(now).packInt(maxAttempts).packLong(backoffMillis);
            packLoaded(packer, loaded);
            packCare(packer, care);
            return packer.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Resolving resolving(byte[] body) {
        try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(body)) {
            unpacker.unpackArrayHeader();
            Map<String, List<String>> needs = stringLists(unpacker);
            int stepCount = unpacker.unpackArrayHeader();
            List<List<Write>> steps = new ArrayList<>(stepCount);
            for (int i = 0; i < stepCount; i++) {
                steps.add(writes(unpacker));
            }
            int affectedCount = unpacker.unpackArrayHeader();
            List<Resolving.Affected> affected = new ArrayList<>(affectedCount);
            for (int i = 0; i < affectedCount; i++) {
                unpacker.unpackArrayHeader();
                affected.add(new Resolving.Affected(
                        unpacker.unpackString(), unpacker.unpackString(), unpacker.unpackString()));
            }
            return new Resolving(needs, steps, affected, bytes(unpacker));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param without the dead letter that is about to go, or null */
    public static byte[] settle(
            List<Resolving.Affected> events,
            String without,
            String now,
            Map<String, Map<String, byte[]>> loaded,
            Care care) {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
            packer.packArrayHeader(6).packArrayHeader(events.size());
            for (Resolving.Affected event : events) {
                packer.packArrayHeader(3).packString(event.storeKey());
                packer.packString(event.replyTo()).packString(event.submissionId());
            }
            packText(packer, without);
            packer.packString(now);
            packLoaded(packer, loaded);
            packCare(packer, care);
            return packer.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Resolving.Settling settling(byte[] body) {
        try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(body)) {
            unpacker.unpackArrayHeader();
            Map<String, List<String>> needs = stringLists(unpacker);
            int count = unpacker.unpackArrayHeader();
            List<Resolving.Settled> events = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                unpacker.unpackArrayHeader();
                events.add(new Resolving.Settled(
                        unpacker.unpackString(), bytes(unpacker), unpacker.unpackString(), unpacker.unpackBoolean()));
            }
            return new Resolving.Settling(needs, events);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Write> writes(MessageUnpacker unpacker) throws IOException {
        int writeCount = unpacker.unpackArrayHeader();
        List<Write> writes = new ArrayList<>(writeCount);
        for (int i = 0; i < writeCount; i++) {
            unpacker.unpackArrayHeader();
            String map = unpacker.unpackString();
            String key = unpacker.unpackString();
            long expectedVersion = unpacker.unpackLong();
            byte[] value = bytes(unpacker);
            int[] events = new int[unpacker.unpackArrayHeader()];
            for (int j = 0; j < events.length; j++) {
                events[j] = unpacker.unpackInt();
            }
            writes.add(new Write(map, key, expectedVersion, value, events));
        }
        return writes;
    }

    public static Description description(byte[] body) {
        try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(body)) {
            unpacker.unpackArrayHeader();
            String fingerprint = unpacker.unpackString();
            Map<String, List<String>> views = new LinkedHashMap<>();
            Map<String, String> code = new LinkedHashMap<>();
            int viewCount = unpacker.unpackArrayHeader();
            for (int i = 0; i < viewCount; i++) {
                unpacker.unpackArrayHeader();
                String view = unpacker.unpackString();
                views.put(view, strings(unpacker));
                code.put(view, unpacker.unpackString());
            }
            Map<String, String> aggregates = new LinkedHashMap<>();
            Map<String, Description.UsualReads> usualReads = new LinkedHashMap<>();
            int typeCount = unpacker.unpackArrayHeader();
            for (int i = 0; i < typeCount; i++) {
                unpacker.unpackArrayHeader();
                String eventType = unpacker.unpackString();
                aggregates.put(eventType, unpacker.unpackString());
                List<Description.UsualRead> reads = new ArrayList<>();
                int readCount = unpacker.unpackArrayHeader();
                for (int j = 0; j < readCount; j++) {
                    unpacker.unpackArrayHeader();
                    reads.add(new Description.UsualRead(
                            unpacker.unpackString(),
                            List.of(unpacker.unpackString().split("\\."))));
                }
                usualReads.put(eventType, new Description.UsualReads(reads, unpacker.unpackBoolean()));
            }
            return new Description(fingerprint, views, code, aggregates, usualReads);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, List<String>> stringLists(MessageUnpacker unpacker) throws IOException {
        int size = unpacker.unpackMapHeader();
        Map<String, List<String>> lists = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
            lists.put(unpacker.unpackString(), strings(unpacker));
        }
        return lists;
    }

    private static List<String> strings(MessageUnpacker unpacker) throws IOException {
        int size = unpacker.unpackArrayHeader();
        List<String> strings = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            strings.add(unpacker.unpackString());
        }
        return strings;
    }

    private static void packText(MessagePacker packer, String text) throws IOException {
        if (text == null) {
            packer.packNil();
        } else {
            packer.packString(text);
        }
    }

    private static void packBytes(MessagePacker packer, byte[] bytes) throws IOException {
        if (bytes == null) {
            packer.packNil();
        } else {
            packer.packBinaryHeader(bytes.length).writePayload(bytes);
        }
    }

    private static byte[] bytes(MessageUnpacker unpacker) throws IOException {
        if (unpacker.tryUnpackNil()) {
            return null;
        }
        // A projector may send JSON as a string as well as as bytes; both are UTF-8.
        int length = unpacker.getNextFormat() == MessageFormat.BIN8
                        || unpacker.getNextFormat() == MessageFormat.BIN16
                        || unpacker.getNextFormat() == MessageFormat.BIN32
                ? unpacker.unpackBinaryHeader()
                : unpacker.unpackRawStringHeader();
        return unpacker.readPayload(length);
    }

    private static String string(MessageUnpacker unpacker) throws IOException {
        return unpacker.tryUnpackNil() ? null : unpacker.unpackString();
    }
}
