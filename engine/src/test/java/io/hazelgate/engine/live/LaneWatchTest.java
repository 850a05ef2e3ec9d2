package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.logging.Logger;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

/** A lane stands still where events wait in it and none leaves. The lane of a key is its first letter. */
class LaneWatchTest {
    private long nanos;
    private final List<LogRecord> said = new ArrayList<>();
    private final LaneWatch watch = new LaneWatch(
            "events",
            key -> key.charAt(0),
            () -> "PostgreSQL is away",
            Logger.getLogger("lane-watch-test"),
            () -> nanos);

    LaneWatchTest() {
        var logger = java.util.logging.Logger.getLogger("lane-watch-test");
        logger.setUseParentHandlers(false);
        logger.setLevel(Level.ALL);
        for (Handler handler : logger.getHandlers()) {
            logger.removeHandler(handler);
        }
        logger.addHandler(new Handler() {
            @Override
            public void publish(LogRecord record) {
                said.add(record);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        });
    }

    private LaneWatch.Standing after(int seconds, boolean drained, String... pending) {
        nanos += TimeUnit.SECONDS.toNanos(seconds);
        watch.look(List.of(pending), drained);
        return watch.standing();
    }

    @Test
    void itIsToldAfterTenSecondsWithTheReasonOnce() {
        assertEquals(0, after(0, false, "a1", "b1").lanes());
        assertEquals(0, after(9, false, "a1", "b1").lanes());
        assertEquals(2, after(2, false, "a1", "b1").lanes());
        assertEquals(2, after(2, false, "a1", "b1").lanes());
        assertEquals(1, said.size());
        assertEquals(Level.WARNING, said.get(0).getLevel());
        assertTrue(
                said.get(0).getMessage().contains("2 lanes stand still"),
                said.get(0).getMessage());
        assertTrue(
                said.get(0).getMessage().contains("PostgreSQL is away"),
                said.get(0).getMessage());
    }

    @Test
    void thatItGoesOnIsToldToo() {
        after(0, false, "a1");
        after(11, false, "a1");
        assertEquals(0, after(1, false).lanes());
        assertEquals(Level.INFO, said.get(said.size() - 1).getLevel());
    }

    @Test
    void aLaneThatEventsLeaveDoesNotStandHoweverLongOneWaits() {
        after(0, false, "a1", "a2", "a3");
        after(8, false, "a2", "a3");
        LaneWatch.Standing standing = after(8, false, "a3");
        assertEquals(0, standing.lanes());
        assertEquals(16, standing.oldestSeconds(), 0.1);
        assertTrue(said.isEmpty());
    }

    @Test
    void oneThatStandsIsSeenBesideOthersThatGoOn() {
        after(0, false, "a1", "b1");
        LaneWatch.Standing standing = after(11, false, "a1", "b2");
        assertEquals(1, standing.lanes());
        assertEquals(11, standing.seconds(), 0.1);
    }

    @Test
    void whatOperatorsHaveDrainedStandsOnPurpose() {
        after(0, false, "a1");
        assertEquals(0, after(11, true, "a1").lanes());
        assertEquals(0, after(9, false, "a1").lanes());
        assertEquals(1, after(10, false, "a1").lanes());
    }
}
