package io.hazelgate.engine.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hazelgate.engine.log.StoreKey;
import io.hazelgate.engine.restore.Importing.Gaps;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GapsTest {
    private final List<String> lookedFor = new ArrayList<>();
    private Set<String> there = Set.of();

    private static StoreKey place(String aggregate, long sequence) {
        return new StoreKey("Order", sequence, aggregate);
    }

    private Set<String> lookFor(Collection<String> keys) {
        lookedFor.addAll(keys);
        return there;
    }

    private String gap(StoreKey... places) {
        return assertThrows(IllegalArgumentException.class, () -> Gaps.requireNone(List.of(places), this::lookFor))
                .getMessage();
    }

    @Test
    void aggregatesBeginWithOneAndGoOn() {
        Gaps.requireNone(List.of(place("a", 1), place("b", 1), place("a", 2)), this::lookFor);
        assertEquals(List.of(), lookedFor);
    }

    @Test
    void aPageGoesOnBehindWhatIsThere() {
        there = Set.of("Order:6@a");
        Gaps.requireNone(List.of(place("a", 7), place("a", 8)), this::lookFor);
        assertEquals(List.of("Order:6@a"), lookedFor);
    }

    @Test
    void aGapWithinAPageIsRefused() {
        assertEquals(
                "Order a would have its event 3 behind event 1: import the whole log, in its order",
                gap(place("a", 1), place("a", 3)));
    }

    @Test
    void anEventComesOnce() {
        assertEquals(
                "Order a would have its event 1 behind event 1: import the whole log, in its order",
                gap(place("a", 1), place("a", 1)));
    }

    @Test
    void aGapBeforeAPageIsRefused() {
        assertEquals(
                "Order a would have its event 7 behind a gap: import the whole log, in its order", gap(place("a", 7)));
    }
}
