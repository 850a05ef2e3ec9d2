package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hazelgate.engine.projector.Description;
import io.hazelgate.engine.projector.Description.UsualRead;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class UsualReadsTest {
    private static final Description SHOP = new Description(
            "1",
            Map.of(),
            Map.of(),
            Map.of("OrderCreated", "Order"),
            Map.of(
                    "OrderCreated",
                    new Description.UsualReads(
                            List.of(
                                    new UsualRead("customer-view", List.of("customerId")),
                                    new UsualRead("product-view", List.of("items", "productId"))),
                            true),
                    "OrderCancelled",
                    new Description.UsualReads(List.of(), false)));

    private static Map<String, List<String>> reads(boolean anyway, String... envelopes) {
        List<Received> events = Stream.of(envelopes).map(UsualReadsTest::event).toList();
        return new UsualReads(() -> SHOP).of(events, anyway);
    }

    private static Received event(String envelope) {
        return new Received("e@o1", envelope.getBytes(StandardCharsets.UTF_8), 0, false);
    }

    private static final String ORDER =
            "{\"eventType\":\"OrderCreated\",\"aggregateType\":\"Order\",\"aggregateId\":\"o1\","
                    + "\"data\":{\"customerId\":\"c1\",\"items\":[{\"productId\":\"p1\"},{\"productId\":\"p2\"},{\"productId\":\"p1\"}]}}";

    @Test
    void theHeadAndAllKeysAreFoundEachOnce() {
        assertEquals(
                Map.of(
                        "aggregate-heads",
                        List.of("Order@o1"),
                        "customer-view",
                        List.of("c1"),
                        "product-view",
                        List.of("p1", "p2")),
                reads(false, ORDER, ORDER));
    }

    @Test
    void keysOfATenantsEventAreTheTenants() {
        assertEquals(
                Map.of(
                        "aggregate-heads",
                        List.of("Order@acme!o1"),
                        "customer-view",
                        List.of("acme!c1"),
                        "product-view",
                        List.of("acme!p1", "acme!p2")),
                reads(false, ORDER.replace("\"o1\"", "\"acme!o1\"")));
    }

    @Test
    void whatIsMissingOrOfAnotherKindIsNoKey() {
        String odd = "{\"eventType\":\"OrderCreated\",\"aggregateType\":\"Order\",\"aggregateId\":\"o1\","
                + "\"data\":{\"customerId\":7,\"items\":{\"productId\":null}}}";
        assertEquals(Map.of("aggregate-heads", List.of("Order@o1")), reads(false, odd));
    }

    @Test
    void anUnknownTypeAndAnUnreadableEnvelopeNeedNothing() {
        for (String envelope : List.of(
                "{\"eventType\":\"Other\"}",
                "{\"eventType\":\"OrderCreated\"}",
                "{\"eventType\":\"OrderCreated\",\"aggregateType\":\"Order\",\"aggregateId\":7}",
                ORDER.substring(0, ORDER.length() - 1),
                "no json",
                "[]",
                "")) {
            assertEquals(Map.of(), reads(false, envelope), envelope);
        }
    }

    @Test
    void keysAreReadAsTheyAreMeant() {
        String spaced =
                """
                { "data" : { "items" : [ { "note" : "]},{", "productId" : "p\\u0031" } , { } ] , "customerId" : "\\"c\\"" } ,
                  "aggregateId" : "Zoë 🦊" , "aggregateType" : "Order" , "eventType" : "OrderCreated" }""";
        assertEquals(
                Map.of(
                        "aggregate-heads",
                        List.of("Order@Zoë 🦊"),
                        "customer-view",
                        List.of("\"c\""),
                        "product-view",
                        List.of("p1")),
                reads(false, spaced));
    }

    @Test
    void aPlanIsAskedForWhereCodeCanTellMore() {
        String cancelled = "{\"eventType\":\"OrderCancelled\",\"aggregateType\":\"Order\",\"aggregateId\":\"o2\"}";
        assertEquals(Map.of(), reads(false, ORDER, cancelled));
        assertEquals(
                List.of("Order@o1", "Order@o2"), reads(true, ORDER, cancelled).get("aggregate-heads"));
    }
}
