package io.hazelgate.engine.pipeline;

import io.hazelgate.engine.Engine;
import io.hazelgate.engine.entries.Entries;
import io.hazelgate.engine.views.Generations;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Reads what a batch needs, of several maps at once. */
final class EntryLoader {
    private final Entries entries;
    private final Generations generations;

    EntryLoader(Engine engine) {
        entries = engine.entries();
        generations = engine.generations();
    }

    /** Adds what the needs name to what is loaded; a key without an entry is loaded as null. */
    void load(Map<String, List<String>> needs, Map<String, Map<String, byte[]>> loaded) {
        Map<String, CompletableFuture<Map<String, byte[]>>> reads = new HashMap<>();
        needs.forEach((map, keys) -> reads.put(map, entries.read(generations.liveMap(map), keys)));
        reads.forEach((map, read) ->
                loaded.computeIfAbsent(map, name -> new HashMap<>()).putAll(read.join()));
    }
}
