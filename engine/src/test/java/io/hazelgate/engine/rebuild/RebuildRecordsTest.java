package io.hazelgate.engine.rebuild;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.network.TurnLost;
import io.hazelgate.engine.network.Turns;
import io.hazelgate.engine.network.Turns.Turn;
import io.hazelgate.engine.wire.Names;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RebuildRecordsTest {
    private final HazelcastInstance hazelcast = TestMember.hazelcast();
    private final RebuildRecords records = new RebuildRecords(hazelcast);
    private final String view = "v" + TestMember.newId();
    private final Rebuild rebuild =
            Rebuild.begun("rb" + view, Rebuild.Kind.REBUILD, Map.of(view, "g2." + view), 0, List.of(), Map.of(), 0);

    RebuildRecordsTest() throws Exception {}

    @AfterEach
    void removeIt() {
        hazelcast.getMap(Names.REBUILDS).delete(rebuild.id());
    }

    @Test
    void aViewIsBeingBuiltUntilItsRebuildHasEnded() {
        assertNull(records.building(view));
        records.put(rebuild);
        assertEquals(rebuild.id(), records.building(view));
        records.end(rebuild, Rebuild.Status.DONE, null, 0);
        assertNull(records.building(view));
        assertFalse(records.isRunning(rebuild.id()));
    }

    @Test
    void theFirstEndCounts() {
        records.put(rebuild);
        records.end(rebuild, Rebuild.Status.CANCELLED, null, 0);
        records.end(rebuild, Rebuild.Status.DONE, null, 0);
        assertEquals(Rebuild.Status.CANCELLED, records.require(rebuild.id()).status());
    }

    @Test
    void theNewestComesFirst() {
        records.put(rebuild);
        List<Rebuild> all = records.all();
        assertEquals(rebuild.id(), all.get(0).id());
        assertTrue(records.running().contains(rebuild));
    }

    @Test
    void oneThatIsNotThereIsSaid() {
        assertThrows(IllegalArgumentException.class, () -> records.require("rb-none"));
        assertFalse(records.isRunning("rb-none"));
    }

    @Test
    void oneThatHungAsItBeganOneTakesNoOthersPlace() {
        Turns turns = new Turns(hazelcast);
        String id = turns.beside("begun-" + view, number -> rebuild.id() + number);
        Rebuild late = Rebuild.begun(id, Rebuild.Kind.REBUILD, rebuild.targets(), 0, List.of(), Map.of(), 0);
        Turn turn = turns.take("begun-" + view, "late");
        records.put(turn, late.reserved());
        assertFalse(records.isRunning(id), "its name is taken, and nothing is done yet");
        turns.revoke("begun-" + view, "late");
        assertThrows(TurnLost.class, () -> records.put(turn, late));
        assertFalse(records.isRunning(id));
        hazelcast.getMap(Names.REBUILDS).delete(id);
    }
}
