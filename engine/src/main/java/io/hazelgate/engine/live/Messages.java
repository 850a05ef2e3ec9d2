package io.hazelgate.engine.live;

import com.hazelcast.core.HazelcastJsonValue;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The messages that tell gateways of a batch: each event as a whole where it is wanted, and else as a mark. One text for equal wishes. */
final class Messages {
    private final List<Streamed> events;
    private final String[] full;
    private final String[] marks;
    private final Map<BitSet, HazelcastJsonValue> byWanted = new HashMap<>();

    Messages(List<Streamed> events) {
        this.events = events;
        full = new String[events.size()];
        marks = new String[events.size()];
    }

    HazelcastJsonValue to(Wish wish) {
        BitSet wanted = new BitSet(events.size());
        for (int i = 0; i < events.size(); i++) {
            wanted.set(i, events.get(i).isFor(wish));
        }
        return byWanted.computeIfAbsent(wanted, this::message);
    }

    private HazelcastJsonValue message(BitSet wanted) {
        StringBuilder message = new StringBuilder("[");
        for (int i = 0; i < events.size(); i++) {
            message.append(i == 0 ? "" : ",").append(wanted.get(i) ? full(i) : mark(i));
        }
        return new HazelcastJsonValue(message.append(']').toString());
    }

    private String full(int place) {
        if (full[place] == null) {
            full[place] = events.get(place).full();
        }
        return full[place];
    }

    private String mark(int place) {
        if (marks[place] == null) {
            marks[place] = events.get(place).mark();
        }
        return marks[place];
    }
}
