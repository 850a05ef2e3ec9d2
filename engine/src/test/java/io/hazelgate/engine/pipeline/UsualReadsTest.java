package io.hazelgate.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hazelgate.engine.projector.Description;
import io.hazelgate.engine.projector.Description.UsualRead;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UsualReadsTest {
    private static final Description SHOP = new Description(
            "1",
            Map.of(),
            Map.of(),
            Map.of("OrderCreated", "Order"),
            Map.of(
                    "OrderCreated",
                    List.of(
                            new UsualRead("customer-view", List.of("customerId")),
                            new UsualRead("product-view", List.of("items", "productId")))));

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
                UsualReads.of(List.of(event(ORDER), event(ORDER)), SHOP));
    }

    @Test
    void whatIsMissingOrOfAnotherKindIsNoKey() {
        String odd = "{\"eventType\":\"OrderCreated\",\"aggregateType\":\"Order\",\"aggregateId\":\"o1\","
                + "\"data\":{\"customerId\":7,\"items\":{\"productId\":null}}}";
        assertEquals(Map.of("aggregate-heads", List.of("Order@o1")), UsualReads.of(List.of(event(odd)), SHOP));
    }

    @Test
    void anUnknownTypeAndAnUnreadableEnvelopeNeedNothing() {
        assertEquals(Map.of(), UsualReads.of(List.of(event("{\"eventType\":\"Other\"}")), SHOP));
        assertEquals(Map.of(), UsualReads.of(List.of(event("no json")), SHOP));
        assertEquals(Map.of(), UsualReads.of(List.of(event("[]")), SHOP));
    }

    @Test
    void aLargeBatchIsLeftToThePlan() {
        assertEquals(Map.of(), UsualReads.of(Collections.nCopies(65, event(ORDER)), SHOP));
    }
}
