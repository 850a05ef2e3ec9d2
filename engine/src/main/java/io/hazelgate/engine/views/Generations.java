package io.hazelgate.engine.views;

import com.hazelcast.config.IndexConfig;
import com.hazelcast.config.IndexType;
import com.hazelcast.core.EntryEvent;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import com.hazelcast.map.listener.EntryAddedListener;
import com.hazelcast.map.listener.EntryRemovedListener;
import com.hazelcast.map.listener.EntryUpdatedListener;
import io.hazelgate.engine.Names;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

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
        map.addEntryListener(new Watch(), false);
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

    /** Everything that is known, by view. */
    public Map<String, Generation> all() {
        return known;
    }

    /** Reads the map anew. */
    public synchronized void look() {
        Map<String, Generation> read = new TreeMap<>();
        map.entrySet().forEach(entry -> read.put(entry.getKey(), Generation.of(entry.getKey(), entry.getValue())));
        known = read;
    }

    /** Puts a view's generation on record, and knows it here; the other members have to {@link #look}. */
    public void set(String view, Generation generation) {
        map.set(view, generation.toValue());
        look();
    }

    /**
     * A view that appears for the first time is complete if nothing has happened before it.
     *
     * @param codes by view, the fingerprint of the code that folds it from now on
     */
    public void appeared(Map<String, String> codes) {
        boolean late = !hazelcast.getMap(Names.EVENT_STORE).isEmpty();
        codes.forEach((view, code) -> {
            HazelcastJsonValue there = map.putIfAbsent(
                    view, Generation.first(view, late).with(List.of(code)).toValue());
            while (there != null) {
                Generation before = Generation.of(view, there);
                Generation with = before.with(List.of(code));
                if (with.equals(before) || map.replace(view, there, with.toValue())) {
                    break;
                }
                there = map.get(view);
            }
        });
        look();
    }

    /** Makes the indexes of a view in one of its generations. */
    public void addIndexes(String generation, List<String> indexes) {
        IMap<String, HazelcastJsonValue> entries = hazelcast.getMap(generation);
        for (String index : indexes) {
            entries.addIndex(new IndexConfig(IndexType.SORTED, Names.INDEX_PREFIX + index).setName(index));
        }
    }

    private final class Watch
            implements EntryAddedListener<String, HazelcastJsonValue>,
                    EntryUpdatedListener<String, HazelcastJsonValue>,
                    EntryRemovedListener<String, HazelcastJsonValue> {
        @Override
        public void entryAdded(EntryEvent<String, HazelcastJsonValue> event) {
            look();
        }

        @Override
        public void entryUpdated(EntryEvent<String, HazelcastJsonValue> event) {
            look();
        }

        @Override
        public void entryRemoved(EntryEvent<String, HazelcastJsonValue> event) {
            look();
        }
    }
}
