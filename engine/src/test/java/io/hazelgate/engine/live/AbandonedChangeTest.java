package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.logging.Logger;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.live.PipelineControl.Status;
import io.hazelgate.engine.live.PipelineControl.Step;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A change that its operator claims, keeps, and may leave half done. */
class AbandonedChangeTest {
    private static final String STARTED = "127.0.0.1:1";
    private static final String NEW = "127.0.0.1:2";

    private final HazelcastInstance hazelcast = TestMember.hazelcast();
    private final PipelineControl control = new PipelineControl(hazelcast, TestMember.newId());
    private long nanos;
    private boolean ready = true;
    private final AbandonedChange abandoned = new AbandonedChange(
            control, "events", hazelcast, () -> ready, Logger.getLogger(AbandonedChangeTest.class), () -> nanos);

    AbandonedChangeTest() throws Exception {}

    private static Step step(String by) {
        return new Step(by, false);
    }

    private void look(int afterSeconds) {
        nanos += TimeUnit.SECONDS.toNanos(afterSeconds);
        abandoned.look();
    }

    private void changeHalfWay() {
        control.claim("one", "replace");
        control.drain(step("one"));
        control.drained();
        control.nameProjector(PipelineControl.ALL_MEMBERS, NEW, step("one"));
        look(0);
    }

    @Test
    void nobodyElseTakesAStepMeanwhile() {
        control.claim("one", "replace");
        control.claim("one", "replace");
        for (Runnable step : new Runnable[] {
            () -> control.claim("two", "replace"),
            () -> control.drain(step("two")),
            () -> control.start(step("")),
            () -> control.nameProjector("*", NEW, step("two"))
        }) {
            String said =
                    assertThrows(IllegalArgumentException.class, step::run).getMessage();
            assertTrue(said.contains("another operator is just changing pipeline"), said);
        }
        control.release("two");
        assertEquals("one", control.change().by());
        control.release("one");
        control.drain(step("two"));
        assertEquals(Status.DRAINING, control.status());
    }

    @Test
    void whileItsOperatorIsHeardOfItStays() {
        changeHalfWay();
        for (int i = 0; i < 5; i++) {
            control.keep("one");
            look(29);
        }
        assertEquals(NEW, control.projector(STARTED));
        assertEquals(Status.DRAINED, control.status());
    }

    @Test
    void ofOneThatIsGoneItIsTakenBack() {
        changeHalfWay();
        look(31);
        assertEquals(STARTED, control.projector(STARTED));
        look(1);
        assertEquals(Status.RUNNING, control.status());
        assertNull(control.change());
        assertThrows(IllegalArgumentException.class, () -> control.keep("one"));
    }

    @Test
    void anOperatorWhoWakesUpWhenItWasTakenBackTakesNoMoreSteps() {
        changeHalfWay();
        look(31);
        look(1);
        Step late = new Step("one", true);
        for (Runnable step : new Runnable[] {
            () -> control.drain(late), () -> control.start(late), () -> control.nameProjector("*", NEW, late)
        }) {
            String said =
                    assertThrows(IllegalArgumentException.class, step::run).getMessage();
            assertTrue(said.contains("is no longer this command's"), said);
        }
        assertEquals(Status.RUNNING, control.status());
        control.claim("two", "replace");
        control.drain(new Step("two", true));
        control.drained();
        assertThrows(IllegalArgumentException.class, () -> control.nameProjector("*", NEW, late));
        assertEquals(STARTED, control.projector(STARTED));
    }

    @Test
    void whatWasDrainedBeforeStaysSo() {
        control.drain(step(""));
        control.drained();
        changeHalfWay();
        look(31);
        look(1);
        assertEquals(Status.DRAINED, control.status());
        assertEquals(STARTED, control.projector(STARTED));
        assertNull(control.change());
    }

    @Test
    void withoutTheProjectorsOfBeforeEventsGoOnWaiting() {
        ready = false;
        changeHalfWay();
        look(31);
        look(1);
        assertEquals("one", control.change().by(), "they may come back");
        look(30);
        assertEquals(Status.DRAINED, control.status());
        assertNull(control.change());
    }

    @Test
    void itsLastStepHoldsWhereThatWasTaken() {
        changeHalfWay();
        control.start(step("one"));
        look(31);
        assertEquals(NEW, control.projector(STARTED));
        assertEquals(Status.RUNNING, control.status());
        assertNull(control.change());
    }
}
