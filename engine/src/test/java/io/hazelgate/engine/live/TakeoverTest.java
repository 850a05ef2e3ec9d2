package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.lanes.Lanes;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TakeoverTest {
    private static final String KEY = "e@a";

    private final Takeover takeover = new Takeover();
    private final Set<String> underWay = new HashSet<>();
    private Lanes lanes;
    private OwnedLanes ofRun;

    @BeforeEach
    void aRun() throws Exception {
        Shared shared =
                TestMember.pipelines(TestMember.hazelcast()).all().get(0).shared();
        lanes = shared.lanes();
        ofRun = new OwnedLanes(shared, "test", 0);
    }

    private Set<String> unfinished() {
        return takeover.unfinished(() -> Set.of(KEY), underWay::contains, lanes);
    }

    @Test
    void withoutARunAllThatIsPendingMayBeStored() {
        assertEquals(Set.of(KEY), unfinished());
        takeover.begins(ofRun);
        assertEquals(Set.of(KEY), unfinished());
    }

    @Test
    void whatARunHasFoundCountsUntilItIsCleanedUp() {
        takeover.begins(ofRun);
        ofRun.take(ofRun.here());
        underWay.add(KEY);
        takeover.took(List.of(new Received(KEY, new byte[0], 0, false)));
        assertEquals(Set.of(KEY), unfinished());
        underWay.clear();
        assertTrue(unfinished().isEmpty());
    }

    @Test
    void aLaneThatCameLaterCountsUntilItIsTaken() {
        takeover.begins(ofRun);
        Set<Integer> others = ofRun.here();
        others.remove(lanes.laneOf(KEY));
        ofRun.take(others);
        takeover.took(List.of());
        assertEquals(Set.of(KEY), unfinished());
        ofRun.take(Set.of(lanes.laneOf(KEY)));
        assertTrue(unfinished().isEmpty());
    }

    @Test
    void whatARunLeavesBehindMayBeStored() {
        takeover.begins(ofRun);
        ofRun.take(ofRun.here());
        takeover.took(List.of());
        takeover.ends();
        assertEquals(Set.of(KEY), unfinished());
    }
}
