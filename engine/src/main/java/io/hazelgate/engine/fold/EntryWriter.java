package io.hazelgate.engine.fold;

import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.projector.Write;
import io.hazelgate.engine.views.Generations;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Writes what the projector answered, of several maps at once, each entry where its version is the expected one. */
public final class EntryWriter {
    private final Entries entries;
    private final Generations generations;

    public EntryWriter(Store store) {
        entries = store.entries();
        generations = store.generations();
    }

    /**
     * Writes dead letters, then everything else. An event whose letter could not be written must not be taken for waiting:
     * what else it changes is left, too.
     *
     * @return the refused ones
     */
    public List<Write> writeLettersFirst(List<Write> writes) {
        List<Write> letters = new ArrayList<>();
        List<Write> others = new ArrayList<>();
        for (Write write : writes) {
            (write.map().equals(Names.DEAD_LETTER_EVENTS) ? letters : others).add(write);
        }
        if (letters.isEmpty()) {
            return write(others);
        }
        List<Write> refused = write(letters);
        Set<Integer> withoutLetter = new HashSet<>();
        refused.forEach(letter -> Arrays.stream(letter.events()).forEach(withoutLetter::add));
        List<Write> rest = new ArrayList<>();
        for (Write write : others) {
            boolean left = Arrays.stream(write.events()).anyMatch(withoutLetter::contains);
            (left ? refused : rest).add(write);
        }
        refused.addAll(write(rest));
        return refused;
    }

    /** Returns the refused ones. */
    public List<Write> write(List<Write> writes) {
        Map<String, List<Write>> byMap = new LinkedHashMap<>();
        writes.forEach(write ->
                byMap.computeIfAbsent(write.map(), map -> new ArrayList<>()).add(write));
        Map<String, CompletableFuture<Map<String, byte[]>>> running = new LinkedHashMap<>();
        byMap.forEach((map, mapWrites) -> running.put(
                map,
                entries.change(
                        generations.liveMap(map),
                        mapWrites.stream().map(Write::toChange).toList())));
        List<Write> refused = new ArrayList<>();
        running.forEach((map, change) -> {
            Map<String, byte[]> conflicts = change.join();
            for (Write write : conflicts.isEmpty() ? List.<Write>of() : byMap.get(map)) {
                if (conflicts.containsKey(write.key())) {
                    refused.add(write);
                }
            }
        });
        return refused;
    }
}
