package io.hazelgate.engine.live;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
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
