package io.hazelgate.engine.wire;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/**
 * Reads what the projector needs to see, of several maps at once.
 *
 * @param mapOf the map that is meant where the projector names one
 */
public record EntryLoader(Entries entries, UnaryOperator<String> mapOf) {
    /** Adds what the needs name to what is loaded; a key without an entry is loaded as null. */
    public void load(Map<String, List<String>> needs, Loaded loaded) {
        Map<String, CompletableFuture<Map<String, byte[]>>> reads = new HashMap<>();
        needs.forEach((map, keys) -> reads.put(map, entries.read(mapOf.apply(map), keys)));
        reads.forEach((map, read) ->
                loaded.computeIfAbsent(map, name -> new HashMap<>()).putAll(read.join()));
    }
}
