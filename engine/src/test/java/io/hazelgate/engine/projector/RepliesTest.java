package io.hazelgate.engine.projector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;

class RepliesTest {
    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void anAnswerMayAskForMore() throws Exception {
        MessageBufferPacker packer = MessagePack.newDefaultBufferPacker();
        packer.packArrayHeader(3).packMapHeader(1).packString("customer-view").packArrayHeader(2);
        packer.packString("a").packString("b").packArrayHeader(0).packArrayHeader(0);
        Answer answer = Replies.processed(packer.toByteArray());
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
        Answer answer = Replies.processed(packer.toByteArray());
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

    @Test
    void whatIsToBeDoneAboutALetterComesInSteps() throws Exception {
        MessageBufferPacker packer = MessagePack.newDefaultBufferPacker();
        packer.packArrayHeader(4).packMapHeader(0).packArrayHeader(2).packArrayHeader(1);
        packer.packArrayHeader(5)
                .packString("m")
                .packString("k")
                .packInt(3)
                .packNil()
                .packArrayHeader(0);
        packer.packArrayHeader(0);
        packer.packArrayHeader(1)
                .packArrayHeader(3)
                .packString("T:1@a")
                .packString("gateway-1")
                .packString("s1");
        packer.packString("{\"id\":1}");
        Resolving resolving = Replies.resolving(packer.toByteArray());
        assertFalse(resolving.needsMore());
        assertEquals(2, resolving.steps().size());
        Write write = resolving.steps().get(0).get(0);
        assertEquals(3, write.expectedVersion());
        assertNull(write.value(), "the entry goes");
        assertEquals(List.of(), resolving.steps().get(1));
        assertEquals(List.of(new Resolving.Affected("T:1@a", "gateway-1", "s1")), resolving.affected());
        assertArrayEquals(utf8("{\"id\":1}"), resolving.answer());
    }

    @Test
    void howEventsStandIsToldOfEach() throws Exception {
        MessageBufferPacker packer = MessagePack.newDefaultBufferPacker();
        packer.packArrayHeader(2)
                .packMapHeader(0)
                .packArrayHeader(1)
                .packArrayHeader(4)
                .packString("e1");
        packer.packString("{}").packString("gateway-1").packBoolean(true);
        Resolving.Settled settled =
                Replies.settling(packer.toByteArray()).events().get(0);
        assertEquals("e1", settled.eventId());
        assertArrayEquals(utf8("{}"), settled.completion());
        assertTrue(settled.isFinal());
        assertFalse(Replies.settling(packer.toByteArray()).underWay(), "a projector of the release before");
    }

    @Test
    void eventsMayBeUnderWayIntoAView() throws Exception {
        MessageBufferPacker packer = MessagePack.newDefaultBufferPacker();
        packer.packArrayHeader(3).packMapHeader(0).packArrayHeader(0).packBoolean(true);
        assertTrue(Replies.settling(packer.toByteArray()).underWay());
    }

    @Test
    void aDescriptionHasViewsAndEventTypes() throws Exception {
        MessageBufferPacker packer = MessagePack.newDefaultBufferPacker();
        packer.packArrayHeader(3)
                .packString("print")
                .packArrayHeader(1)
                .packArrayHeader(3)
                .packString("view");
        packer.packArrayHeader(1).packString("placedAt").packString("code");
        packer.packArrayHeader(1).packArrayHeader(4).packString("OrderCreated").packString("Order");
        packer.packArrayHeader(1).packArrayHeader(2).packString("product-view").packString("items.productId");
        packer.packBoolean(true);
        assertEquals(
                new Description(
                        "print",
                        Map.of("view", List.of("placedAt")),
                        Map.of("view", "code"),
                        Map.of("OrderCreated", "Order"),
                        Map.of(
                                "OrderCreated",
                                new Description.UsualReads(
                                        List.of(new Description.UsualRead(
                                                "product-view", List.of("items", "productId"))),
                                        true))),
                Replies.description(packer.toByteArray()));
    }
}
