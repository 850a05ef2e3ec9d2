package io.hazelgate.engine.rebuild;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.hazelcast.logging.Logger;
import io.hazelgate.engine.rebuild.Rebuild.Kind;
import io.hazelgate.engine.rebuild.Rebuild.Outcome;
import io.hazelgate.engine.rebuild.Rebuild.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AfterMergeTest {
    private final List<String> begun = new ArrayList<>();
    private final Map<String, Rebuild> records = new HashMap<>();
    private RuntimeException refusal;
    private long seconds;
    private final AfterMerge afterMerge = new AfterMerge(
            (views, build) -> {
                if (refusal != null) {
                    throw refusal;
                }
                begun.add(build ? "build " + views : "compare");
                String id = "rb" + begun.size();
                Kind kind = build ? Kind.REBUILD : Kind.DIFF;
                records.put(id, Rebuild.begun(id, kind, Map.of(), 0, List.of(), Map.of(), 0));
                return id;
            },
            records::get,
            comparison -> List.of("orders"),
            () -> TimeUnit.SECONDS.toNanos(seconds),
            Logger.getLogger(AfterMergeTest.class));

    private void ends(Status status, long differences) {
        records.computeIfPresent(
                "rb" + begun.size(),
                (id, rebuild) -> rebuild.ended(status, Outcome.now("lanes changed hands", null, 0, differences)));
        afterMerge.look();
    }

    private void pass(long more) {
        for (long i = 0; i < more; i++) {
            seconds++;
            afterMerge.look();
        }
    }

    @Test
    void withoutASplitNothingIsCompared() {
        pass(100);
        assertEquals(List.of(), begun);
    }

    @Test
    void viewsThatDifferAreBuiltAgain() {
        afterMerge.merged();
        pass(1);
        ends(Status.DONE, 3);
        ends(Status.DONE, 0);
        pass(100);
        assertEquals(List.of("compare", "build [orders]"), begun);
    }

    @Test
    void aComparisonOrARebuildThatFailsBeginsAnew() {
        afterMerge.merged();
        pass(1);
        ends(Status.FAILED, 0);
        pass(1);
        assertEquals(List.of("compare"), begun);
        pass(1);
        ends(Status.DONE, 3);
        ends(Status.FAILED, 0);
        pass(4);
        ends(Status.DONE, 0);
        pass(100);
        assertEquals(List.of("compare", "compare", "build [orders]", "compare"), begun);
    }

    @Test
    void whatIsRefusedOrLostFromTheRecordsBeginsAnew() {
        refusal = new IllegalStateException("the projector is away");
        afterMerge.merged();
        pass(10);
        refusal = null;
        pass(1);
        records.clear();
        pass(3);
        ends(Status.DONE, 1);
        refusal = new IllegalArgumentException("a rebuild runs");
        pass(1);
        refusal = null;
        ends(Status.DONE, 1);
        assertEquals(List.of("compare", "compare", "build [orders]"), begun);
    }

    @Test
    void itIsLeftToPeopleAfterAWhileOrWhereTheyCancelledIt() {
        afterMerge.merged();
        for (int i = 0; i < 20; i++) {
            pass(60);
            ends(Status.FAILED, 0);
        }
        assertEquals(12, begun.size());
        afterMerge.merged();
        pass(1);
        ends(Status.CANCELLED, 0);
        pass(100);
        assertEquals(13, begun.size());
    }

    @Test
    void aSplitThatHealsMeanwhileIsLookedAtAfterwards() {
        afterMerge.merged();
        pass(1);
        afterMerge.merged();
        pass(5);
        assertEquals(1, begun.size());
        ends(Status.DONE, 0);
        pass(1);
        assertEquals(List.of("compare", "compare"), begun);
    }
}
