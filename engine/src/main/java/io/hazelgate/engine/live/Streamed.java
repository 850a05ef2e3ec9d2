package io.hazelgate.engine.live;

import io.hazelgate.engine.wire.Json;

/**
 * A stored event on its way to gateways.
 *
 * @param storeKey its key in the store, {@code <aggregateType>:<sequence>@<aggregateId>}
 * @param changed what it has changed; null where that is not known
 */
record Streamed(String eventType, String storeKey, byte[] record, Changed changed) {
    /** One that may have been told before, or may have changed entries before. */
    static Streamed again(byte[] record) {
        return new Streamed(null, null, record, null);
    }

    String aggregateId() {
        return storeKey.substring(storeKey.indexOf('@') + 1);
    }

    /** Whether a gateway gets the whole of it: only of what is known to be unwanted it gets the mark alone. */
    boolean isFor(Wish wish) {
        return changed == null || wish.wants(eventType, aggregateId(), changed);
    }

    /** As much as tells a gateway where the event stands, and whether somebody wants it after all. */
    String mark() {
        return "[\"" + Json.stringField(record, "cursor") + "\",\"" + eventType + "\",\"" + storeKey + "\","
                + changed.toJson(aggregateId()) + "]";
    }

    /** The record, with what the event has changed in front, where that is known. */
    String full() {
        String text = Json.text(record);
        return changed == null ? text : "{\"changed\":" + changed.toJson(aggregateId()) + "," + text.substring(1);
    }
}
