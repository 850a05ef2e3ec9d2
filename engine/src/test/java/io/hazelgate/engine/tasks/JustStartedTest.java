package io.hazelgate.engine.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.logging.Logger;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.lanes.HeapRoom;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.live.Shared;
import io.hazelgate.engine.log.PostgresEventLog;
import io.hazelgate.engine.log.PostgresSettings;
import io.hazelgate.engine.log.Readiness;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.network.Deadline;
import io.hazelgate.engine.network.DeafClients;
import io.hazelgate.engine.network.GivenUp;
import io.hazelgate.engine.network.Turns;
import io.hazelgate.engine.restore.Losses;
import io.hazelgate.engine.snapshot.SnapshotSettings;
import io.hazelgate.engine.snapshot.Snapshots;
import io.hazelgate.engine.wire.Ids;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;

/**
 * A member that has just started knows nothing yet of the store, of an import, or of its projector. A gateway asks another member
 * where one says IllegalStateException, and believes any other refusal.
 */
class JustStartedTest {
    private final HazelcastInstance hazelcast = TestMember.hazelcast();
    private final Store store = TestMember.store(hazelcast);
    private final Pipelines pipelines = TestMember.pipelines(hazelcast);
    private final Readiness readiness = new Readiness(store.log());
    private final Snapshots snapshots = new Snapshots(
            new Shared(store, null, null, new Turns(hazelcast), readiness, null, null, null),
            null,
            pipelines,
            new SnapshotSettings("/nowhere", List.of(), 0, 1, 0, false));

    JustStartedTest() throws Exception {}

    @Test
    void itRefusesNoSnapshotForWhatItDoesNotKnow() {
        IllegalStateException error = assertThrows(IllegalStateException.class, () -> snapshots.begin(List.of()));
        assertTrue(error.getMessage().contains("has just started"), error.getMessage());
    }

    @Test
    void onceItKnowsItSaysWhatIsWrong() {
        readiness.importing(null);
        readiness.restoring("recovering: 5 %");
        Exception refusal = assertThrows(IllegalArgumentException.class, () -> snapshots.begin(List.of()));
        assertEquals("no snapshot can be taken just now: recovering: 5 %", refusal.getMessage());
    }

    @Test
    void itSpoilsNotTheFiguresOfTheOthers() throws Exception {
        HeapRoom heapRoom = new HeapRoom(null);
        Losses losses = new Losses(hazelcast, readiness, false);
        Vitals vitals = new Vitals(hazelcast, store.log(), snapshots, losses, heapRoom, 1);
        PipelineStats stats = new PipelineStats(
                hazelcast, pipelines, readiness, new GivenUp(null), new DeafClients(hazelcast), heapRoom, vitals);
        assertThrows(IllegalStateException.class, () -> stats.answer(new byte[0], Deadline.after(60_000)));
        readiness.importing(null);
        readiness.restoring(null);
        assertTrue(new String(stats.answer(new byte[0], Deadline.after(60_000)), StandardCharsets.UTF_8)
                .contains("\"storeProblem\":null"));
    }

    @Test
    void itRefusesNoImportBeforeItHasAskedItsProjector() {
        byte[] begin = "{\"op\":\"begin\"}".getBytes(StandardCharsets.UTF_8);
        byte[] request = ByteBuffer.allocate(Integer.BYTES + begin.length)
                .putInt(begin.length)
                .put(begin)
                .array();
        IllegalStateException error =
                assertThrows(IllegalStateException.class, () -> TestMember.ask(hazelcast, Ids.IMPORT_EVENTS, request));
        assertTrue(error.getMessage().contains("has not asked the projector"), error.getMessage());
    }

    @Test
    void aProblemOfPostgresIsOneOnceItWasAsked() {
        PostgresSettings settings = new PostgresSettings("jdbc:postgresql://127.0.0.1:1/none", new Properties(), 1, 0);
        try (PostgresEventLog log = new PostgresEventLog(settings, Logger.getLogger(JustStartedTest.class))) {
            Readiness ofLog = new Readiness(log);
            ofLog.importing(null);
            ofLog.restoring(null);
            assertThrows(IllegalStateException.class, () -> ofLog.requireKnown(0));
            log.probe();
            ofLog.requireKnown(0);
            assertTrue(ofLog.storeProblem().startsWith("PostgreSQL is away: "), ofLog.storeProblem());
        }
    }
}
