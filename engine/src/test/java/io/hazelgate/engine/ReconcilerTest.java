package io.hazelgate.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.pipeline.Received;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReconcilerTest {
    private IMap<String, HazelcastJsonValue> pending;
    private PipelineStatistics statistics;
    private Reconciler reconciler;

    @BeforeEach
    void freshMap() throws Exception {
        pending = TestMember.hazelcast().getMap("reconciler-test-" + TestMember.newId());
        statistics = new PipelineStatistics();
        reconciler = new Reconciler(pending, statistics);
    }

    private void put(String key, String timestamp) {
        pending.set(
                key, new HazelcastJsonValue("{\"timestamp\":\"" + timestamp + "\",\"submissionId\":\"" + key + "\"}"));
    }

    @Test
    void anEventIsFoundAtTheSecondLook() {
        put("e1@a", "2026-01-01T00:00:00.000001Z");
        reconciler.look();
        assertNull(reconciler.poll());
        reconciler.look();
        assertEquals("e1@a", reconciler.poll().key());
        assertEquals(1, statistics.reconciled.sum());
    }

    @Test
    void anEventInThePipelineIsNotFound() {
        put("e1@a", "2026-01-01T00:00:00.000001Z");
        reconciler.arrived("e1@a");
        reconciler.look();
        reconciler.look();
        assertNull(reconciler.poll());
    }

    @Test
    void anEventIsFoundOnce() {
        put("e1@a", "2026-01-01T00:00:00.000001Z");
        for (int i = 0; i < 5; i++) {
            reconciler.look();
        }
        assertEquals("e1@a", reconciler.poll().key());
        assertNull(reconciler.poll());
    }

    @Test
    void whatIsLeftFromAnEarlierRunComesInTheOrderOfSubmission() {
        put("e3@a", "2026-01-01T00:00:00.000003Z");
        put("e1@a", "2026-01-01T00:00:00.000001Z");
        put("e2@b", "2026-01-01T00:00:00.000002Z");
        List<String> keys = reconciler.leftovers().stream().map(Received::key).toList();
        assertEquals(List.of("e1@a", "e2@b", "e3@a"), keys);
    }

    @Test
    void whatLeftThePipelineAndIsPendingAgainIsFound() {
        put("e1@a", "2026-01-01T00:00:00.000001Z");
        reconciler.arrived("e1@a");
        reconciler.left(List.of("e1@a"));
        reconciler.look();
        reconciler.look();
        assertTrue(reconciler.poll() != null);
    }
}
