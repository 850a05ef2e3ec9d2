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

/** The few shapes that the messages of docs/reference/protocol.md are made of. */
final class Msgpack {
    private Msgpack() {}

    interface Packing {
        void into(MessagePacker packer) throws IOException;
    }

    interface ItemPacking<T> {
        void pack(MessagePacker packer, T item) throws IOException;
    }

    interface Unpacking<T> {
        T from(MessageUnpacker unpacker) throws IOException;
    }

    static byte[] packed(Packing packing) {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
            packing.into(packer);
            return packer.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads a message, which is one array. */
    static <T> T tuple(byte[] body, Unpacking<T> unpacking) {
        try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(body)) {
            return tuple(unpacker, unpacking);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static <T> void packList(MessagePacker packer, Collection<T> items, ItemPacking<T> packing) throws IOException {
        packer.packArrayHeader(items.size());
        for (T item : items) {
            packing.pack(packer, item);
        }
    }

    static void packText(MessagePacker packer, String text) throws IOException {
        if (text == null) {
            packer.packNil();
        } else {
            packer.packString(text);
        }
    }

    static void packBytes(MessagePacker packer, byte[] bytes) throws IOException {
        if (bytes == null) {
            packer.packNil();
        } else {
            packer.packBinaryHeader(bytes.length).writePayload(bytes);
        }
    }

    private static <T> T tuple(MessageUnpacker unpacker, Unpacking<T> unpacking) throws IOException {
        unpacker.unpackArrayHeader();
        return unpacking.from(unpacker);
    }

    static <T> List<T> tuples(MessageUnpacker unpacker, Unpacking<T> unpacking) throws IOException {
        return list(unpacker, item -> tuple(item, unpacking));
    }

    static <T> List<T> list(MessageUnpacker unpacker, Unpacking<T> unpacking) throws IOException {
        int size = unpacker.unpackArrayHeader();
        List<T> items = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            items.add(unpacking.from(unpacker));
        }
        return items;
    }

    static List<String> texts(MessageUnpacker unpacker) throws IOException {
        return list(unpacker, MessageUnpacker::unpackString);
    }

    static Map<String, List<String>> textsByName(MessageUnpacker unpacker) throws IOException {
        int size = unpacker.unpackMapHeader();
        Map<String, List<String>> byName = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
            byName.put(unpacker.unpackString(), texts(unpacker));
        }
        return byName;
    }

    /** Null for nil. */
    static String text(MessageUnpacker unpacker) throws IOException {
        return unpacker.tryUnpackNil() ? null : unpacker.unpackString();
    }

    /** Null for nil. A projector may send JSON as a string as well as as bytes; both are UTF-8. */
    static byte[] bytes(MessageUnpacker unpacker) throws IOException {
        if (unpacker.tryUnpackNil()) {
            return null;
        }
        MessageFormat format = unpacker.getNextFormat();
        boolean binary = format == MessageFormat.BIN8 || format == MessageFormat.BIN16 || format == MessageFormat.BIN32;
        return unpacker.readPayload(binary ? unpacker.unpackBinaryHeader() : unpacker.unpackRawStringHeader());
    }
}
