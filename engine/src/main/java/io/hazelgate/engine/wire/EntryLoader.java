package io.hazelgate.engine.wire;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/** Reads what the projector needs to see, of several maps at once. */
public final class EntryLoader {
    private final Entries entries;
    private final UnaryOperator<String> mapOf;

    /** @param mapOf the map that is meant where the projector names one */
    public EntryLoader(Entries entries, UnaryOperator<String> mapOf) {
        this.entries = entries;
        this.mapOf = mapOf;
    }

    /** Adds what the needs name to what is loaded; a key without an entry is loaded as null. */
    public void load(Map<String, List<String>> needs, Map<String, Map<String, byte[]>> loaded) {
        Map<String, CompletableFuture<Map<String, byte[]>>> reads = new HashMap<>();
        needs.forEach((map, keys) -> reads.put(map, entries.read(mapOf.apply(map), keys)));
        reads.forEach((map, read) ->
                loaded.computeIfAbsent(map, name -> new HashMap<>()).putAll(read.join()));
    }
}
