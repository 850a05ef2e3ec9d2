package io.hazelgate.engine.rebuild;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.log.EventLog;
import io.hazelgate.engine.log.LogPage;
import io.hazelgate.engine.log.MemoryEventLog;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OwnedEventsTest {
    private static final long BASE = 9_000_000_000_000_000L;
    private final HazelcastInstance hazelcast = TestMember.hazelcast();
    private final IMap<String, HazelcastJsonValue> store = hazelcast.getMap(Names.EVENT_STORE);
    private final OwnedEvents log =
            new OwnedEvents(hazelcast, new MemoryEventLog(hazelcast, TestMember.indexes(hazelcast)));
    private final List<String> keys = new ArrayList<>();

    OwnedEventsTest() throws Exception {}

    @BeforeEach
    void storeEvents() {
        for (int i = 5; i > 0; i--) {
            String key = "T:" + i + "@" + TestMember.newId();
            keys.add(key);
            store.set(key, new HazelcastJsonValue(String.format("{\"cursor\":\"%016d-%05d\"}", BASE + i, 70 + i)));
        }
    }

    @AfterEach
    void removeThem() {
        keys.forEach(store::delete);
    }

    private static List<Long> positions(LogPage page) {
        return page.events().stream()
                .map(event -> Long.parseLong(event.cursor().substring(0, 16)) - BASE)
                .toList();
    }

    @Test
    void eventsComeInTheOrderOfTheirPositions() {
        LogPage page = log.read(EventLog.cursorAfter(BASE), BASE + 9, 100, 1_000_000);
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L), positions(page));
        assertEquals(71, page.events().get(0).lane());
    }

    @Test
    void itGoesOnAfterACursorAndEndsAtAPosition() {
        LogPage first = log.read(EventLog.cursorAfter(BASE), BASE + 4, 2, 1_000_000);
        assertEquals(List.of(1L, 2L), positions(first));
        assertEquals(List.of(3L, 4L), positions(log.read(first.events().get(1).cursor(), BASE + 4, 100, 1_000_000)));
        assertEquals(
                List.of(),
                log.read(EventLog.cursorAfter(BASE + 4), BASE + 4, 100, 1_000_000)
                        .events());
    }

    @Test
    void onlyWhereNothingIsBehindItAPageIsTheLast() {
        assertFalse(log.read(EventLog.cursorAfter(BASE), BASE + 9, 100, 1).isLast(), "it was cut by its bytes");
        assertFalse(log.read(EventLog.cursorAfter(BASE), BASE + 9, 2, 1_000_000).isLast(), "it was cut by its events");
        assertTrue(
                log.read(EventLog.cursorAfter(BASE), BASE + 9, 100, 1_000_000).isLast());
        assertTrue(
                log.read(EventLog.cursorAfter(BASE), BASE + 4, 100, 1_000_000).isLast(), "more is not wanted");
    }

    @Test
    void itStopsWhenItHasReadEnoughBytes() {
        assertEquals(List.of(1L), positions(log.read(EventLog.cursorAfter(BASE), BASE + 9, 100, 1)));
    }
}
