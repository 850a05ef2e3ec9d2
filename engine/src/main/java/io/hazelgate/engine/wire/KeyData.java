package io.hazelgate.engine.wire;

import com.hazelcast.internal.serialization.Data;
import com.hazelcast.internal.serialization.impl.HeapData;
import com.hazelcast.internal.serialization.impl.SerializationConstants;
import java.nio.charset.StandardCharsets;

/**
 * A key as the maps hold it, made without Hazelcast's serializers: an event's keys are made a dozen times, and theirs go byte by byte
 * through several layers.
 *
 * <p>A serialized String is its partition hash (0: the one of what follows the type), its type, its length in bytes, and its text in UTF-8.
 * A map looks a key up several times for one write, and each time asks for its hash, so that is remembered.
 */
public final class KeyData extends HeapData {
    /** 0 until it is asked for. */
    private int hash;

    private KeyData(byte[] data) {
        super(data);
    }

    @Override
    public int hashCode() {
        int known = hash;
        if (known == 0) {
            known = super.hashCode();
            hash = known;
        }
        return known;
    }

    @Override
    public boolean equals(Object other) {
        return super.equals(other);
    }

    /** A key of a map whose partitions follow the whole key. */
    public static Data of(String key) {
        byte[] text = key.getBytes(StandardCharsets.UTF_8);
        return of(text, 0, text.length);
    }

    static Data of(byte[] bytes, int from, int to) {
        return serialized(bytes, from, to, 0);
    }

    /** A key of a map whose partitions follow what is behind the {@code @}, or the whole key where there is none. */
    public static Data ofLane(String key) {
        byte[] text = key.getBytes(StandardCharsets.UTF_8);
        return ofLane(text, 0, text.length);
    }

    static Data ofLane(byte[] bytes, int from, int to) {
        int at = Bytes.find(bytes, from, to, '@');
        return serialized(bytes, from, to, at == to ? 0 : of(bytes, at + 1, to).getPartitionHash());
    }

    private static Data serialized(byte[] bytes, int from, int to, int partitionHash) {
        return new KeyData(
                JsonData.serialized(partitionHash, SerializationConstants.CONSTANT_TYPE_STRING, bytes, from, to));
    }
}
