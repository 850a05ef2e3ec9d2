package io.hazelgate.engine.views;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastJsonValue;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.wire.Names;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GenerationsTest {
    private final Store store = TestMember.store(TestMember.hazelcast());
    private final Generations generations = store.generations();

    GenerationsTest() throws Exception {}

    @Test
    void theFirstGenerationHasTheNameOfTheView() {
        String view = TestMember.newId() + "-view";
        generations.appeared(Map.of(view, "code-1"));
        assertEquals(view, generations.liveMap(view));
    }

    @Test
    void theNameOfAnyOtherMapStaysAsItIs() {
        assertEquals(Names.AGGREGATE_HEADS, generations.liveMap(Names.AGGREGATE_HEADS));
    }

    @Test
    void theNextGenerationKeepsTheOneBeforeIt() {
        String view = TestMember.newId() + "-view";
        generations.appeared(Map.of(view, "code-1"));
        generations.declare(view, List.of("name"));
        generations.set(
                view, generations.of(view).next("g2." + view, List.of("code-2"), 42, "2026-01-01T00:00:00.000000Z"));
        assertEquals("g2." + view, generations.liveMap(view));
        assertEquals(
                new Generation(
                        "g2." + view,
                        List.of("code-2"),
                        view,
                        42,
                        List.of("code-1"),
                        "2026-01-01T00:00:00.000000Z",
                        false,
                        List.of("name")),
                generations.of(view));
    }

    @Test
    void aViewThatIsYoungerThanTheLogIsIncompleteUntilItIsBuilt() {
        String key = "T:1@" + TestMember.newId();
        store.hazelcast()
                .getMap(Names.EVENT_STORE)
                .set(key, new HazelcastJsonValue("{\"cursor\":\"0000000000000001-00001\"}"));
        String view = TestMember.newId() + "-view";
        generations.appeared(Map.of(view, "code-1"));
        assertTrue(generations.of(view).incomplete());
        generations.set(view, generations.of(view).next("g2." + view, List.of("code-1"), 1, "now"));
        generations.appeared(Map.of(view, "code-1"));
        assertFalse(generations.of(view).incomplete());
        store.hazelcast().getMap(Names.EVENT_STORE).delete(key);
    }

    @Test
    void allCodeThatTakesPartInAGenerationIsOnRecord() {
        String view = TestMember.newId() + "-view";
        generations.appeared(Map.of(view, "code-2"));
        generations.appeared(Map.of(view, "code-1"));
        generations.appeared(Map.of(view, "code-2"));
        assertEquals(List.of("code-1", "code-2"), generations.of(view).code());
    }

    @Test
    void aViewIsSortedByAllThatAnyOfItsCodeNames() {
        String view = TestMember.newId() + "-view";
        generations.declare(view, List.of("name", "city"));
        generations.declare(view, List.of("name", "age"));
        assertEquals(List.of("age", "city", "name"), generations.of(view).indexes());
    }
}
