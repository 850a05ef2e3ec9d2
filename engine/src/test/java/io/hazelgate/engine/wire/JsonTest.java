package io.hazelgate.engine.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void aRecordIsOfItsOwnEventOnly() {
        byte[] record = Json.bytes("{\"cursor\":\"1\",\"eventId\":\"abc\",\"data\":{}}");
        assertTrue(Json.isOfEvent(record, "abc"));
        assertFalse(Json.isOfEvent(record, "ab"));
    }

    @Test
    void aMissingFieldIsNull() {
        assertNull(Json.stringField("{\"a\":1}", "key"));
        assertEquals("Order:1@o", Json.stringField("{\"hash\":\"h\",\"key\":\"Order:1@o\"}", "key"));
    }

    @Test
    void aFieldWithinAFieldIsNotTheObjects() {
        byte[] json = Json.bytes("{\"data\" : {\"key\":\"inner\"}, \"key\" : \"o\\u0041\", \"more\":1");
        assertEquals("oA", Json.stringField(json, "key"), "of an object that is not even whole");
        assertNull(Json.stringField(json, "more"), "it is no string");
    }

    @Test
    void anObjectIsTakenApartIntoTheTextsOfItsMembers() {
        String data = "{\"a\": [1, {\"b\":\"}]\\\"\"}], \"n\":\"x\"}";
        var members = Json.members(Json.bytes(
                "{\"at\":\"a\\\"b\",\"n\":-1.5e3,\"list\":[[],{}],\"no\":null,\"data\":" + data + ",\"yes\":true}"));
        assertEquals(data, members.get("data"));
        assertEquals("a\"b", Json.string(members.get("at")));
        assertEquals("-1.5e3", Json.string(members.get("n")));
        assertEquals("[[],{}]", members.get("list"));
        assertNull(Json.string(members.get("no")));
        assertEquals("true", members.get("yes"));
        assertEquals(6, members.size());
        assertEquals(0, Json.members(Json.bytes("{}")).size());
    }

    @Test
    void instantsAreWrittenWithMicrosecondsAndReadBack() {
        long micros = 1_764_000_000_000_042L;
        assertEquals("2025-11-24T16:00:00.000042Z", Clock.iso(micros));
        assertEquals(micros, Clock.parse(Clock.iso(micros)));
        assertEquals(-1, Clock.parse("yesterday"));
        assertEquals(-1, Clock.parse("2026-02-30T00:00:00.000000Z"), "there is no such day");
        assertEquals(micros, Clock.parse("2025-11-24T17:00:00.000042+01:00"));
        assertEquals(
                java.time.Instant.parse("2026-01-31T23:59:59.999999Z").toEpochMilli(),
                Clock.parse("2026-01-31T23:59:59.999999Z") / 1_000);
    }
}
