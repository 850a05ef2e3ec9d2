package io.hazelgate.engine.wire;

import com.hazelcast.internal.serialization.Data;
import com.hazelcast.internal.serialization.impl.SerializationConstants;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What tells one event from another that was sent under the same id: the fields of an envelope that the projector's hash is made of,
 * compared as they are written. A walk over the bytes, for it happens on the partition's thread.
 */
final class Payload {
    private static final byte[][] FIELDS = {
        utf8("eventType"), utf8("eventVersion"), utf8("aggregateId"), utf8("data"),
    };

    private Payload() {}

    /** Whether both envelopes carry the same payload; one that is no JSON object is the same as itself alone. */
    static boolean areSame(Data one, Data other) {
        int[] ours = fieldsOf(one);
        int[] theirs = fieldsOf(other);
        if (ours == null || theirs == null) {
            return JsonData.areSame(one, other);
        }
        byte[] bytes = one.toByteArray();
        byte[] others = other.toByteArray();
        for (int i = 0; i < ours.length; i += 2) {
            if (!Arrays.equals(bytes, ours[i], ours[i + 1], others, theirs[i], theirs[i + 1])) {
                return false;
            }
        }
        return true;
    }

    /** Where each field's value begins and ends, 0 and 0 where it is not there; null where this is no JSON object. */
    private static int[] fieldsOf(Data envelope) {
        if (envelope.getType() != SerializationConstants.JAVASCRIPT_JSON_SERIALIZATION_TYPE) {
            return null;
        }
        byte[] bytes = envelope.toByteArray();
        int[] found = new int[2 * FIELDS.length];
        boolean whole = JsonText.eachField(bytes, JsonData.TEXT_OFFSET, (name, nameEnd, value, valueEnd) -> {
            for (int i = 0; i < FIELDS.length; i++) {
                if (Arrays.equals(bytes, name, nameEnd, FIELDS[i], 0, FIELDS[i].length)) {
                    found[2 * i] = value;
                    found[2 * i + 1] = valueEnd;
                }
            }
        });
        return whole ? found : null;
    }

    private static byte[] utf8(String name) {
        return name.getBytes(StandardCharsets.UTF_8);
    }
}
