package io.hazelgate.engine.snapshot;

import io.hazelgate.engine.Engine;
import io.hazelgate.engine.Names;
import io.hazelgate.engine.entries.Change;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** Puts the entries of a snapshot into maps, each where there is none yet: what was loaded and folded on is not taken back. */
public final class Loading {
    private static final int AT_ONCE = 2_000;
    private static final int MAX_WAITING = 4;

    private final Engine engine;
    private final Archive archive;
    private final Map<String, String> mapOf;
    private final BooleanSupplier goesOn;
    private final Deque<CompletableFuture<?>> waiting = new ArrayDeque<>();

    /**
     * @param mapOf which maps of the snapshot are wanted, and where they go
     * @param goesOn asked now and then; false ends it
     */
    Loading(Engine engine, Archive archive, Map<String, String> mapOf, BooleanSupplier goesOn) {
        this.engine = engine;
        this.archive = archive;
        this.mapOf = mapOf;
        this.goesOn = goesOn;
    }

    /**
     * Loads it.
     *
     * @throws SnapshotUnusable it is damaged or could not be read to its end: what was loaded of it is worth nothing
     */
    Manifest run(String id) throws SnapshotUnusable {
        List<Change> letters = new ArrayList<>();
        try (Archive.Reading reading = archive.read(id, mapOf.keySet())) {
            Manifest manifest = reading.manifest();
            requireThisLog(manifest);
            for (Archive.Piece piece = reading.next(); piece != null; piece = reading.next()) {
                if (!goesOn.getAsBoolean()) {
                    throw new SnapshotUnusable("it is not wanted any more");
                }
                List<Change> changes = Lines.changes(piece.frame(), piece.start());
                if (piece.map().equals(Names.DEAD_LETTER_EVENTS)) {
                    letters.addAll(changes);
                } else {
                    write(mapOf.get(piece.map()), changes);
                }
            }
            settle(0);
            Map<String, String> views = new HashMap<>(mapOf);
            views.keySet().removeAll(List.of(Names.AGGREGATE_HEADS, Names.DEAD_LETTER_DECISIONS));
            write(
                    mapOf.get(Names.DEAD_LETTER_EVENTS),
                    new Letters(engine, views::get, manifest.position()).wanted(letters));
            settle(0);
            return manifest;
        }
    }

    /** Nothing may have been stored since at a position that the snapshot has passed; and another log counts otherwise. */
    private void requireThisLog(Manifest manifest) throws SnapshotUnusable {
        long there = engine.eventLog().countUpTo(manifest.position());
        if (there != manifest.events()) {
            throw new SnapshotUnusable("snapshot " + manifest.id() + " is of another log: up to its position it counts "
                    + manifest.events() + " events, and this log " + there);
        }
    }

    private void write(String map, List<Change> changes) {
        for (int from = 0; from < changes.size(); from += AT_ONCE) {
            settle(MAX_WAITING - 1);
            waiting.add(engine.entries().change(map, changes.subList(from, Math.min(changes.size(), from + AT_ONCE))));
        }
    }

    private void settle(int most) {
        while (waiting.size() > most) {
            waiting.poll().join();
        }
    }
}
