package io.hazelgate.engine.restore;

import io.hazelgate.engine.log.StoreKey;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Looks whether the numbers of each aggregate go on where they were. */
final class Gaps {
    private Gaps() {}

    /**
     * @param places of events, in their order
     * @param there which of some keys of {@code event-store} have an event
     * @throws IllegalArgumentException an aggregate has a gap before one of them
     */
    static void requireNone(List<StoreKey> places, Function<Collection<String>, Set<String>> there) {
        Map<String, Long> lasts = new HashMap<>();
        Map<String, StoreKey> firsts = new HashMap<>();
        for (StoreKey place : places) {
            Long last = lasts.put(place.aggregateType() + '@' + place.aggregateId(), place.sequence());
            if (last != null && place.sequence() != last + 1) {
                throw gap(place, "event " + last);
            }
            if (last == null && place.sequence() != 1) {
                firsts.put(
                        new StoreKey(place.aggregateType(), place.sequence() - 1, place.aggregateId()).toString(),
                        place);
            }
        }
        firsts.keySet().removeAll(there.apply(firsts.keySet()));
        firsts.values().stream().findFirst().ifPresent(first -> {
            throw gap(first, "a gap");
        });
    }

    private static IllegalArgumentException gap(StoreKey place, String before) {
        return new IllegalArgumentException(place.aggregateType() + ' ' + place.aggregateId()
                + " would have its event " + place.sequence() + " behind " + before
                + ": import the whole log, in its order");
    }
}
