package io.hazelgate.engine.fold;

import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.projector.Write;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Writes what the projector answered, of several maps at once, each entry where its version is the expected one.
 *
 * @param mapOf the map that is meant where the projector names one
 */
public record EntryWriter(Entries entries, UnaryOperator<String> mapOf) {
    /** Maps whose entries nobody claims. */
    private static final Set<String> UNCLAIMED =
            Set.of(Names.AGGREGATE_HEADS, Names.DEAD_LETTER_EVENTS, Names.DEAD_LETTER_DECISIONS);

    /** For those who write while no events are processed, or into maps that no guard reads: no claim holds them up. */
    private static final Function<Write, List<String>> WHATEVER_IS_CLAIMED = null;

    /** Whether a map that the projector names is a view. */
    public static boolean isOfView(String map) {
        return !UNCLAIMED.contains(map);
    }

    /** Into the live maps. */
    public EntryWriter(Store store) {
        this(store.entries(), store.generations()::liveMap);
    }

    /** Writes whatever is claimed, letters first. */
    public Set<Integer> writeLettersFirst(List<Write> writes) {
        return writeLettersFirst(writes, WHATEVER_IS_CLAIMED);
    }

    /**
     * Writes dead letters, then everything else. An event whose letter could not be written must not be taken for waiting:
     * what else it changes is left, too.
     *
     * @param makers the events whose claims a write may pass, and releases; other events' claims hold it up
     * @return the events of the refused ones
     */
    public Set<Integer> writeLettersFirst(List<Write> writes, Function<Write, List<String>> makers) {
        List<Write> letters = new ArrayList<>();
        List<Write> others = new ArrayList<>();
        for (Write write : writes) {
            (write.map().equals(Names.DEAD_LETTER_EVENTS) ? letters : others).add(write);
        }
        Set<Integer> withoutLetter =
                letters.isEmpty() ? Set.of() : eventsOf(write(letters, makers).join());
        List<Write> refused = new ArrayList<>();
        List<Write> rest = new ArrayList<>();
        for (Write write : others) {
            boolean left = Arrays.stream(write.events()).anyMatch(withoutLetter::contains);
            (left ? refused : rest).add(write);
        }
        refused.addAll(write(rest, makers).join());
        Set<Integer> events = eventsOf(refused);
        events.addAll(withoutLetter);
        return events;
    }

    /** Writes whatever is claimed; answers the refused ones. */
    public CompletableFuture<List<Write>> write(List<Write> writes) {
        return write(writes, WHATEVER_IS_CLAIMED);
    }

    /** Answers the refused ones, as {@link #writeLettersFirst} has the makers. */
    public CompletableFuture<List<Write>> write(List<Write> writes, Function<Write, List<String>> makers) {
        Map<String, List<Write>> byMap = new LinkedHashMap<>();
        writes.forEach(write ->
                byMap.computeIfAbsent(write.map(), map -> new ArrayList<>()).add(write));
        CompletableFuture<List<Write>> refused = CompletableFuture.completedFuture(new ArrayList<>());
        for (Map.Entry<String, List<Write>> ofMap : byMap.entrySet()) {
            refused = refused.thenCombine(change(ofMap.getKey(), ofMap.getValue(), makers), (before, conflicts) -> {
                ofMap.getValue().stream()
                        .filter(write -> conflicts.containsKey(write.key()))
                        .forEach(before::add);
                return before;
            });
        }
        return refused;
    }

    private CompletableFuture<Map<String, byte[]>> change(
            String name, List<Write> writes, Function<Write, List<String>> makers) {
        String map = mapOf.apply(name);
        if (makers == null || !isOfView(name)) {
            return entries.change(map, writes.stream().map(Write::toChange).toList());
        }
        return entries.changeUnclaimed(
                map,
                name,
                writes.stream()
                        .map(write -> new Entries.MadeBy(write.toChange(), makers.apply(write)))
                        .toList());
    }

    /** The indexes of the events that have touched these entries. */
    public static Set<Integer> eventsOf(Collection<Write> writes) {
        Set<Integer> events = new TreeSet<>();
        writes.forEach(write -> Arrays.stream(write.events()).forEach(events::add));
        return events;
    }
}
