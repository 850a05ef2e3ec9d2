package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.wire.Names;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two pipelines on a member whose projectors never come; each test looks as the watch does. */
class PipelineTest {
    private static final PipelineControl.Step ANYBODY = new PipelineControl.Step("", false);

    private static HazelcastInstance member;
    private static Pipeline orders;
    private static Pipeline rest;

    @BeforeAll
    static void aMemberWithTwoPipelines() throws Exception {
        int port = TestMember.freePort();
        member = TestMember.newMember(
                "pipelines-" + TestMember.newId(),
                port,
                port,
                PipelineSettings.parse("orders=OrderCreated@127.0.0.1:1;rest=*@127.0.0.1:2"));
        orders = TestMember.pipelines(member).named("orders");
        rest = TestMember.pipelines(member).named("rest");
    }

    @AfterAll
    static void end() {
        member.getLifecycleService().terminate();
    }

    @BeforeEach
    void bothRun() throws Exception {
        member.getMap(Names.PIPELINE_CONTROL).clear();
        orders.job().ends();
        lookUntil("RUNNING", orders);
        lookUntil("RUNNING", rest);
    }

    private static void lookUntil(String status, Pipeline pipeline) throws Exception {
        long until = System.nanoTime() + 120_000_000_000L;
        do {
            pipeline.job().look();
            Thread.sleep(10);
        } while (!pipeline.job().status().equals(status) && System.nanoTime() < until);
        assertEquals(status, pipeline.job().status());
    }

    @Test
    void aDrainWaitsForWhatIsUnderWay() throws Exception {
        assertTrue(orders.job().begin());
        orders.control().drain(ANYBODY);
        lookUntil("DRAINING", orders);
        assertFalse(orders.job().begin(), "no new batch is taken");
        orders.job().look();
        assertEquals("DRAINING", orders.job().status());
        orders.job().ended();
        lookUntil("DRAINED", orders);
        assertTrue(member.getJet().getJob("hazelgate-orders").getStatus().isTerminal());
    }

    @Test
    void theOtherPipelineRunsOn() throws Exception {
        orders.control().drain(ANYBODY);
        lookUntil("DRAINED", orders);
        lookUntil("RUNNING", rest);
        assertTrue(rest.job().begin());
        rest.job().ended();
    }

    @Test
    void aDrainedPipelineRunsAgainWhenItIsStarted() throws Exception {
        orders.control().drain(ANYBODY);
        lookUntil("DRAINED", orders);
        orders.control().start(ANYBODY);
        lookUntil("RUNNING", orders);
        assertTrue(orders.job().begin());
    }

    @Test
    void whatIsBeingDrainedCantBeStarted() throws Exception {
        orders.job().begin();
        orders.control().drain(ANYBODY);
        assertThrows(IllegalArgumentException.class, () -> orders.control().start(ANYBODY));
        orders.job().ended();
        lookUntil("DRAINED", orders);
    }

    @Test
    void aProjectorIsReplacedWhileThePipelineIsDrained() throws Exception {
        assertThrows(IllegalArgumentException.class, () -> orders.control().nameProjector("*", "127.0.0.1:3", ANYBODY));
        orders.control().drain(ANYBODY);
        lookUntil("DRAINED", orders);
        orders.control().nameProjector("*", "127.0.0.1:3", ANYBODY);
        orders.control().nameProjector(orders.memberAddress(), "127.0.0.1:4", ANYBODY);
        orders.control().nameProjector("10.0.0.9:5701", "127.0.0.1:5", ANYBODY);
        orders.job().look();
        assertEquals("127.0.0.1:4", orders.projector().address(), "its own name counts before that for all");
        assertEquals("127.0.0.1:2", rest.projector().address());
    }

    @Test
    void aJobBeginsWithTheNamedProjectorOnAMemberThatNeverSawThePipelineDrained() throws Exception {
        orders.control().drain(ANYBODY);
        lookUntil("DRAINED", orders);
        orders.control().nameProjector("*", "127.0.0.1:6", ANYBODY);
        orders.control().start(ANYBODY);
        lookUntil("RUNNING", orders);
        assertEquals("127.0.0.1:6", orders.projector().address());
    }

    @Test
    void pendingEventsAreToldApartByTheirType() {
        Set<String> before = rest.pendingKeys();
        var pending = member.<String, HazelcastJsonValue>getMap(Names.PENDING_EVENTS);
        pending.set("e1@a", new HazelcastJsonValue("{\"eventId\":\"e1\",\"eventType\":\"OrderCreated\"}"));
        pending.set("e2@a", new HazelcastJsonValue("{\"eventId\":\"e2\",\"eventType\":\"Other\"}"));
        assertTrue(orders.pendingKeys().contains("e1@a"));
        assertNotEquals(before, rest.pendingKeys());
        assertFalse(rest.pendingKeys().contains("e1@a"));
        pending.clear();
    }

    @Test
    void oneThatStandsStillLeavesRoomForTheOther() {
        Pipelines pipelines = TestMember.pipelines(member);
        byte[] order = "{\"eventId\":\"e\",\"eventType\":\"OrderCreated\"}".getBytes(StandardCharsets.UTF_8);
        byte[] other = "{\"eventId\":\"e\",\"eventType\":\"Other\"}".getBytes(StandardCharsets.UTF_8);
        int admitted = 0;
        while (pipelines.receiverOf(order).backpressure().admit("e" + admitted + "@a" + admitted)) {
            admitted++;
        }
        assertEquals(50, admitted, "half of the 100 that the member takes");
        assertTrue(pipelines.receiverOf(other).backpressure().admit("e@b"));
    }
}
