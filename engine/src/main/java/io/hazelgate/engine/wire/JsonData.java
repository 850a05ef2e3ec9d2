package io.hazelgate.engine.wire;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.internal.serialization.SerializationService;
import com.hazelcast.internal.serialization.impl.HeapData;
import com.hazelcast.internal.serialization.impl.SerializationConstants;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * JSON text as the maps hold it, made and read without going through a String.
 *
 * <p>A serialized {@link HazelcastJsonValue} is its partition hash, its type, the text's length in bytes, and the text in UTF-8.
 */
public final class JsonData {
    private static final int TYPE_OFFSET = HeapData.TYPE_OFFSET;
    private static final int LENGTH_OFFSET = HeapData.DATA_OFFSET;
    public static final int TEXT_OFFSET = LENGTH_OFFSET + Integer.BYTES;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final byte[] VERSION_PREFIX = "{\"_meta\":{\"version\":".getBytes(StandardCharsets.US_ASCII);

    private JsonData() {}

    static Data of(byte[] json) {
        return of(json, 0, json.length);
    }

    static Data of(byte[] bytes, int from, int to) {
        return new HeapData(serialized(0, SerializationConstants.JAVASCRIPT_JSON_SERIALIZATION_TYPE, bytes, from, to));
    }

    /** Text as Hazelcast serializes it, JSON and strings alike. */
    static byte[] serialized(int partitionHash, int type, byte[] bytes, int from, int to) {
        byte[] data = new byte[TEXT_OFFSET + to - from];
        INT.set(data, 0, partitionHash);
        INT.set(data, TYPE_OFFSET, type);
        INT.set(data, LENGTH_OFFSET, to - from);
        System.arraycopy(bytes, from, data, TEXT_OFFSET, to - from);
        return data;
    }

    /** Whether it is a {@link HazelcastJsonValue}, serialized. */
    public static boolean isJson(Data value) {
        return value != null && value.getType() == SerializationConstants.JAVASCRIPT_JSON_SERIALIZATION_TYPE;
    }

    /** The text of a serialized {@link HazelcastJsonValue}, in UTF-8. */
    public static byte[] textOf(Data json) {
        byte[] bytes = json.toByteArray();
        return Arrays.copyOfRange(bytes, TEXT_OFFSET, bytes.length);
    }

    /** The text in UTF-8; null for null. A value that somebody else wrote as another type is taken by its string. */
    static byte[] textOf(Data value, SerializationService serialization) {
        if (value == null) {
            return null;
        }
        if (!isJson(value)) {
            return serialization.<Object>toObject(value).toString().getBytes(StandardCharsets.UTF_8);
        }
        return textOf(value);
    }

    /** Whether both are the same text, or both are nothing. */
    static boolean areSame(Data one, Data other) {
        if (one == null || other == null) {
            return one == other;
        }
        byte[] bytes = one.toByteArray();
        byte[] others = other.toByteArray();
        return one.getType() == other.getType()
                && Arrays.equals(bytes, TYPE_OFFSET, bytes.length, others, TYPE_OFFSET, others.length);
    }

    /** {@code _meta.version}, which comes first in an entry; 0 where there is no entry, or one without a version. */
    static long versionOf(Data value) {
        if (value == null) {
            return 0;
        }
        return versionOf(value.toByteArray(), TEXT_OFFSET);
    }

    /** The same of an entry's text in UTF-8. */
    public static long versionOf(byte[] json) {
        return versionOf(json, 0);
    }

    private static long versionOf(byte[] bytes, int from) {
        int digits = from + VERSION_PREFIX.length;
        if (bytes.length <= digits || !Arrays.equals(bytes, from, digits, VERSION_PREFIX, 0, VERSION_PREFIX.length)) {
            return 0;
        }
        long version = 0;
        for (int i = digits; i < bytes.length && bytes[i] >= '0' && bytes[i] <= '9'; i++) {
            version = version * 10 + bytes[i] - '0';
        }
        return version;
    }
}
