package io.hazelgate.engine.projector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The projector's reply about a batch: the outcomes and writes.
 *
 * @param claims the entries that have to be claimed before the events are stored
 * @param after pairs of indexes: the first event has seen, or changed further, what the second one did
 */
public record Answer(
        Map<String, List<String>> needs,
        List<Outcome> outcomes,
        List<Write> writes,
        List<Claimed> claims,
        List<int[]> after)
        implements Reply {
    public Answer(Map<String, List<String>> needs, List<Outcome> outcomes, List<Write> writes) {
        this(needs, outcomes, writes, List.of(), List.of());
    }

    /**
     * What the others come to when some events are left out that none of them comes after.
     *
     * @return null where an entry was changed by both: it has to be made anew
     */
    public Answer without(Set<Integer> gone) {
        int[] places = new int[outcomes.size()];
        List<Outcome> left = new ArrayList<>(outcomes.size() - gone.size());
        for (int i = 0; i < places.length; i++) {
            places[i] = left.size();
            if (!gone.contains(i)) {
                left.add(outcomes.get(i));
            }
        }
        List<Write> kept = new ArrayList<>(writes.size());
        for (Write write : writes) {
            long byGone = Arrays.stream(write.events()).filter(gone::contains).count();
            if (byGone == 0) {
                kept.add(write.by(places));
            } else if (byGone < write.events().length) {
                return null;
            }
        }
        return new Answer(needs, left, kept);
    }
}
