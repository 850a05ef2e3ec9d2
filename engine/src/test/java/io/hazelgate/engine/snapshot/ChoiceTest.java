package io.hazelgate.engine.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.internal.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChoiceTest {
    private static final Manifest OLD =
            manifest("sn-1", "2026-01-01T00:00:00.000000Z", 100, Map.of("a-view", List.of("x")));
    private static final Manifest NEW = manifest(
            "sn-2", "2026-01-02T00:00:00.000000Z", 200, Map.of("a-view", List.of("x"), "b-view", List.of("y", "z")));
    private static final List<Manifest> BOTH = List.of(NEW, OLD);

    private static Manifest manifest(String id, String completedAt, long upTo, Map<String, List<String>> views) {
        return new Manifest(id, completedAt, completedAt, upTo - 10, upTo, 1, views, new JsonObject());
    }

    private static List<String> chosen(String from, Map<String, Set<String>> code, boolean otherCode) {
        return new Choice(code, otherCode)
                .of(from, BOTH, Map.of("sn-0", "snapshot sn-0 is damaged")).stream()
                        .map(Manifest::id)
                        .toList();
    }

    private static String refused(String from, Map<String, Set<String>> code) {
        return assertThrows(IllegalArgumentException.class, () -> chosen(from, code, false))
                .getMessage();
    }

    @Test
    void theNewestComesFirst() {
        assertEquals(List.of("sn-2", "sn-1"), chosen("latest", Map.of("a-view", Set.of("x")), false));
    }

    @Test
    void anIdNamesOne() {
        assertEquals(List.of("sn-1"), chosen("sn-1", Map.of("a-view", Set.of("x")), false));
    }

    @Test
    void aPositionOrAnInstantLeavesWhatHoldsNothingLater() {
        Map<String, Set<String>> code = Map.of("a-view", Set.of("x"));
        assertEquals(List.of("sn-1"), chosen("199", code, false));
        assertEquals(List.of("sn-2", "sn-1"), chosen("200", code, false));
        assertEquals(List.of("sn-1"), chosen("2026-01-01T12:00:00Z", code, false));
        assertTrue(refused("99", code).contains("sn-1 is not used: it goes up to position 100"));
    }

    @Test
    void otherCodeIsRefusedUnlessItIsAskedFor() {
        Map<String, Set<String>> code = Map.of("b-view", Set.of("y"));
        assertTrue(refused("sn-2", code).contains("b-view was made by other code (y, z, today's is y)"));
        assertEquals(List.of("sn-2"), chosen("sn-2", code, true));
    }

    @Test
    void aViewThatIsMissingAndADamagedManifestAreNamed() {
        assertTrue(
                refused("sn-1", Map.of("b-view", Set.of("y"))).contains("sn-1 is not used: it does not hold b-view"));
        assertEquals("snapshot sn-0 is damaged", refused("sn-0", Map.of("a-view", Set.of("x"))));
        assertTrue(refused("yesterday", Map.of("a-view", Set.of("x"))).contains("nor an instant like"));
    }
}
