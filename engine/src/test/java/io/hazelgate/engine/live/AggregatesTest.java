package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.projector.Description;
import io.hazelgate.engine.projector.UnfitProjector;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AggregatesTest {
    private static HazelcastInstance member;
    private static Pipelines pipelines;

    @BeforeAll
    static void aMemberWithTwoPipelines() throws Exception {
        int port = TestMember.freePort();
        member = TestMember.newMember(
                "aggregates-" + TestMember.newId(),
                port,
                port,
                PipelineSettings.parse("orders=OrderCreated@127.0.0.1:1;rest=*@127.0.0.1:1"));
        pipelines = TestMember.pipelines(member);
    }

    @AfterAll
    static void end() {
        member.getLifecycleService().terminate();
    }

    private static Description knowing(Map<String, String> aggregates) {
        return new Description("1", Map.of(), Map.of(), aggregates, Map.of());
    }

    @Test
    void anAggregateOfOnePipelineIsFine() {
        Aggregates aggregates = new Aggregates(pipelines::taking);
        Description all = knowing(Map.of("OrderCreated", "Order", "CustomerCreated", "Customer"));
        assertDoesNotThrow(() -> aggregates.check(pipelines.named("orders"), all));
        assertDoesNotThrow(() -> aggregates.check(pipelines.named("rest"), all));
    }

    @Test
    void anAggregateThatIsSpreadOverPipelinesIsRefusedInWords() {
        Aggregates aggregates = new Aggregates(pipelines::taking);
        Description description = knowing(Map.of("OrderCreated", "Order", "OrderShipped", "Order"));
        UnfitProjector refusal =
                assertThrows(UnfitProjector.class, () -> aggregates.check(pipelines.named("orders"), description));
        assertTrue(
                refusal.getMessage()
                        .contains("Order are spread over pipelines: {OrderCreated=orders, OrderShipped=rest}"),
                refusal.getMessage());
    }

    @Test
    void whatTwoProjectorsSayIsLookedAtTogether() {
        Aggregates aggregates = new Aggregates(pipelines::taking);
        aggregates.check(pipelines.named("orders"), knowing(Map.of("OrderCreated", "Order")));
        assertThrows(
                UnfitProjector.class,
                () -> aggregates.check(pipelines.named("rest"), knowing(Map.of("OrderShipped", "Order"))));
    }

    @Test
    void lanesOfTwoPipelinesDiffer() {
        int first = pipelines.named("orders").laneOf("e@a");
        int second = pipelines.named("rest").laneOf("e@a");
        assertTrue(first < 71 && second == first + 71, first + " and " + second);
    }
}
