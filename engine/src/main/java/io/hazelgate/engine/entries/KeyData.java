package io.hazelgate.engine.entries;

import com.hazelcast.internal.serialization.Data;
import com.hazelcast.internal.serialization.impl.HeapData;
import com.hazelcast.internal.serialization.impl.SerializationConstants;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Keys as the maps hold them, made without Hazelcast's serializers: an event's keys are made a dozen times, and theirs go byte by byte through
 * several layers.
 *
 * <p>A serialized String is its partition hash (0: the one of what follows the type), its type, its length in bytes, and its text in UTF-8.
 */
public final class KeyData {
    private static final int TEXT_OFFSET = HeapData.DATA_OFFSET + Integer.BYTES;

    private KeyData() {}

    /** A key of a map whose partitions follow the whole key. */
    public static Data of(String key) {
        return serialized(key, 0);
    }

    /** A key of a map whose partitions follow what is behind the {@code @}, or the whole key where there is none. */
    public static Data ofLane(String key) {
        int at = key.indexOf('@');
        return serialized(key, at < 0 ? 0 : of(key.substring(at + 1)).getPartitionHash());
    }

    private static Data serialized(String key, int partitionHash) {
        byte[] text = key.getBytes(StandardCharsets.UTF_8);
        ByteBuffer buffer = ByteBuffer.allocate(TEXT_OFFSET + text.length);
        buffer.putInt(partitionHash).putInt(SerializationConstants.CONSTANT_TYPE_STRING);
        buffer.putInt(text.length).put(text);
        return new HeapData(buffer.array());
    }
}
