package io.hazelgate.engine.views;

import com.hazelcast.core.EntryAdapter;
import com.hazelcast.core.EntryEvent;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.network.Turns;
import io.hazelgate.engine.network.Turns.Turn;
import io.hazelgate.engine.wire.Names;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Which map holds each view: the one place where a view's name becomes the name of its live map.
 *
 * <p>What the map {@code view-generations} says is known here without asking. A switch tells every member to {@link #look} while
 * no batch runs; a member that missed it learns of it from the map's events, or at the next look.
 */
public final class Generations {
    private final HazelcastInstance hazelcast;
    private final IMap<String, HazelcastJsonValue> map;
    private volatile Map<String, Generation> known = Map.of();

    public Generations(HazelcastInstance hazelcast) {
        this.hazelcast = hazelcast;
        map = hazelcast.getMap(Names.VIEW_GENERATIONS);
        map.addEntryListener(
                new EntryAdapter<String, HazelcastJsonValue>() {
                    @Override
                    public void onEntryEvent(EntryEvent<String, HazelcastJsonValue> event) {
                        look();
                    }
                },
                false);
    }

    /** The map that holds the entries of a view; for the name of any other map, that name. */
    public String liveMap(String name) {
        Generation generation = known.get(name);
        return generation == null ? name : generation.live();
    }

    /** What is known of a view; its first generation where nothing is. */
    public Generation of(String view) {
        Generation generation = known.get(view);
        return generation == null ? Generation.first(view, false) : generation;
    }

    public Map<String, Generation> all() {
        return known;
    }

    public synchronized void look() {
        Map<String, Generation> read = new TreeMap<>();
        map.entrySet().forEach(entry -> read.put(entry.getKey(), Generation.of(entry.getValue())));
        known = read;
    }

    /** Puts a view's generation on record, and knows it here; the other members have to {@link #look}. */
    public void set(String view, Generation generation) {
        map.set(view, generation.toValue());
        look();
    }

    /**
     * The same, as what a turn writes.
     *
     * @param turn of the name of {@link #turnOf}
     * @throws io.hazelgate.engine.network.TurnLost it is another's by now, or was taken away
     */
    public void set(Turn turn, String view, Generation generation) {
        turn.write(map, view, generation.toValue());
        look();
    }

    /** The turn at putting another generation in the place of a view's. */
    public static String turnOf(Turns turns, String view) {
        return turns.beside(view, number -> "generation/" + view + '/' + number);
    }

    /**
     * A view that appears for the first time is complete if nothing has happened before it.
     *
     * @param codes by view, the fingerprint of the code that folds it from now on
     */
    public void appeared(Map<String, String> codes) {
        boolean late = !hazelcast.getMap(Names.EVENT_STORE).isEmpty();
        codes.forEach((view, code) -> change(view, late, generation -> generation.with(List.of(code))));
        look();
    }

    /** Puts on record by what a view is sorted, beside what is known of that: code of several versions may be at work. */
    public void declare(String view, List<String> indexes) {
        change(view, false, generation -> generation.sortedBy(indexes));
        look();
    }

    private void change(String view, boolean late, UnaryOperator<Generation> change) {
        HazelcastJsonValue there =
                map.putIfAbsent(view, change.apply(Generation.first(view, late)).toValue());
        while (there != null) {
            Generation before = Generation.of(there);
            Generation after = change.apply(before);
            if (after.equals(before) || map.replace(view, there, after.toValue())) {
                return;
            }
            there = map.get(view);
        }
    }
}
