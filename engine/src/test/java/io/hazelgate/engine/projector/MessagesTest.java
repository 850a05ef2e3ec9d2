package io.hazelgate.engine.projector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import org.msgpack.value.ArrayValue;

class MessagesTest {
    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aRequestHasTheShapeOfTheProtocol() throws Exception {
        Map<String, byte[]> entries = new HashMap<>();
        entries.put("absent", null);
        byte[] body = Messages.request(
                7,
                1,
                List.of(new Input(utf8("{}"), 42, 1_764_000_000_000_000L, "2026-01-01T00:00:00.000000Z", null, null)),
                Map.of("customer-view", entries));
        ArrayValue request = MessagePack.newDefaultUnpacker(body).unpackValue().asArrayValue();
        assertEquals(
                "[7,1,[[\"{}\",42,1764000000000000,\"2026-01-01T00:00:00.000000Z\",null,null]],"
                        + "{\"customer-view\":{\"absent\":null}}]",
                request.toJson());
    }

    @Test
    void anAnswerMayAskForMore() throws Exception {
        MessageBufferPacker packer = MessagePack.newDefaultBufferPacker();
        packer.packArrayHeader(3).packMapHeader(1).packString("customer-view").packArrayHeader(2);
        packer.packString("a").packString("b").packArrayHeader(0).packArrayHeader(0);
        Answer answer = Messages.answer(packer.toByteArray());
        assertTrue(answer.needsMore());
        assertEquals(Map.of("customer-view", List.of("a", "b")), answer.needs());
    }

    @Test
    void anAnswerHasOutcomesAndWrites() throws Exception {
        MessageBufferPacker packer = MessagePack.newDefaultBufferPacker();
        packer.packArrayHeader(3).packMapHeader(0);
        packer.packArrayHeader(1)
                .packArrayHeader(8)
                .packInt(Outcome.REFUSED)
                .packNil()
                .packNil();
        packer.packBinaryHeader(2).writePayload(utf8("{}"));
        packer.packString("{\"open\":1");
        packer.packNil().packString("gateway-1").packBoolean(true);
        packer.packArrayHeader(1)
                .packArrayHeader(5)
                .packString("m")
                .packString("k")
                .packInt(-1);
        packer.packBinaryHeader(3).writePayload(utf8("{}x"));
        packer.packArrayHeader(1).packInt(0);
        Answer answer = Messages.answer(packer.toByteArray());
        assertFalse(answer.needsMore());
        Outcome outcome = answer.outcomes().get(0);
        assertEquals(Outcome.REFUSED, outcome.kind());
        assertNull(outcome.storeKey());
        assertArrayEquals(utf8("{}"), outcome.idRecord());
        assertArrayEquals(utf8("{\"open\":1"), outcome.completion(), "a string is taken for its UTF-8");
        assertEquals("gateway-1", outcome.replyTo());
        assertTrue(outcome.notifyStored());
        Write write = answer.writes().get(0);
        assertEquals(Write.ANY, write.expectedVersion());
        assertArrayEquals(new int[] {0}, write.events());
    }
}
