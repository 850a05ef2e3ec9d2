package io.hazelgate.engine.live;

import io.hazelgate.engine.projector.Answer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which events of a batch have to wait where some of them could not claim what they rest on. */
final class Contested {
    private Contested() {}

    /**
     * Those, and the later ones of their aggregates: these must not overtake them. In their order.
     *
     * @param before events of earlier parts of the batch that wait already
     */
    static List<Received> and(Set<String> contested, List<Received> events, List<Received> before) {
        List<Received> left = new ArrayList<>();
        Set<String> aggregates = new HashSet<>();
        before.forEach(event -> aggregates.add(aggregateOf(event)));
        for (Received event : events) {
            String aggregate = aggregateOf(event);
            if (contested.contains(event.key()) || aggregates.contains(aggregate)) {
                aggregates.add(aggregate);
                left.add(event);
            }
        }
        return left;
    }

    /**
     * The indexes of those that have to wait where some came away empty: the later ones of their aggregates, and whoever has seen what one
     * of them did.
     *
     * @param first the index of the first of the events in the answer
     */
    static Set<Integer> indexes(Set<String> contested, List<Received> events, Answer answer, int first) {
        Map<Integer, List<Integer>> after = new HashMap<>();
        answer.after().forEach(pair -> after.computeIfAbsent(pair[0], index -> new ArrayList<>())
                .add(pair[1]));
        Set<Integer> left = new HashSet<>();
        Set<String> aggregates = new HashSet<>();
        for (int i = 0; i < events.size(); i++) {
            String aggregate = aggregateOf(events.get(i));
            if (contested.contains(events.get(i).key())
                    || aggregates.contains(aggregate)
                    || after.getOrDefault(first + i, List.of()).stream().anyMatch(left::contains)) {
                aggregates.add(aggregate);
                left.add(first + i);
            }
        }
        return left;
    }

    /** Aggregates of two types may have one id; then the one waits for the other without need. */
    private static String aggregateOf(Received event) {
        return event.key().substring(event.key().indexOf('@') + 1);
    }

    /** The others, in their order. */
    static List<Received> without(List<Received> left, List<Received> events) {
        Set<Received> gone = Set.copyOf(left);
        return events.stream().filter(event -> !gone.contains(event)).toList();
    }
}
