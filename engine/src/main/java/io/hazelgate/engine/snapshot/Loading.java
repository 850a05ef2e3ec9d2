package io.hazelgate.engine.snapshot;

import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Filling;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/** Puts the entries of a snapshot into maps, each where there is none yet: what was loaded and folded on is not taken back. */
public final class Loading {
    /** Parts under way: each is unpacked, taken apart and written by a thread of these. */
    private static final int AT_ONCE = 3;

    private final Store store;
    private final Archive archive;
    private final Map<String, String> mapOf;
    private final BooleanSupplier goesOn;
    private final Deque<CompletableFuture<?>> underWay = new ArrayDeque<>();
    private final ThreadLocal<byte[]> lines = ThreadLocal.withInitial(() -> new byte[0]);

    /**
     * @param mapOf which maps of the snapshot are wanted, and where they go
     * @param goesOn asked now and then; false ends it
     */
    Loading(Store store, Archive archive, Map<String, String> mapOf, BooleanSupplier goesOn) {
        this.store = store;
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
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE, work -> {
            Thread thread = new Thread(work, "hazelgate-snapshot-loader");
            thread.setDaemon(true);
            return thread;
        });
        try (Archive.Reading reading = archive.read(id, mapOf.keySet())) {
            Manifest manifest = reading.manifest();
            // A look at a long log takes its time, too.
            CompletableFuture<Long> there =
                    CompletableFuture.supplyAsync(() -> store.log().countUpTo(manifest.position()), threads);
            for (Archive.Piece piece = reading.next(); piece != null; piece = reading.next()) {
                if (!goesOn.getAsBoolean()) {
                    throw new SnapshotUnusable("it is not wanted any more");
                }
                if (there.isDone()) {
                    requireThisLog(manifest, joined(there));
                }
                if (piece.map().equals(Names.DEAD_LETTER_EVENTS)) {
                    letters.addAll(Lines.changes(unpacked(piece), piece.length()));
                } else {
                    Archive.Piece entries = piece;
                    settle(AT_ONCE - 1);
                    underWay.add(CompletableFuture.supplyAsync(() -> write(entries), threads)
                            .thenCompose(written -> written));
                }
            }
            settle(0);
            requireThisLog(manifest, joined(there));
            Map<String, String> views = new HashMap<>(mapOf);
            views.keySet().removeAll(List.of(Names.AGGREGATE_HEADS, Names.DEAD_LETTER_DECISIONS));
            store.entries()
                    .change(
                            mapOf.get(Names.DEAD_LETTER_EVENTS),
                            new Letters(store.entries(), views::get, manifest.position()).wanted(letters))
                    .join();
            return manifest;
        } finally {
            // Whoever gives it up empties the maps: nothing may come afterwards.
            underWay.forEach(writes -> writes.handle((done, failure) -> null).join());
            threads.shutdown();
        }
    }

    private CompletableFuture<?> write(Archive.Piece piece) {
        Filling filling = store.entries().filling(mapOf.get(piece.map()));
        Lines.forEach(unpacked(piece), piece.length(), filling::add);
        return filling.send();
    }

    /** The lines of a piece and whatever is behind them: in the same bytes as those before on this thread. */
    private byte[] unpacked(Archive.Piece piece) {
        if (lines.get().length < piece.length()) {
            lines.set(new byte[piece.length()]);
        }
        piece.unpack(lines.get());
        return lines.get();
    }

    /** Nothing may have been stored since at a position that the snapshot has passed; and another log counts otherwise. */
    private static void requireThisLog(Manifest manifest, long there) throws SnapshotUnusable {
        if (there != manifest.events()) {
            throw new SnapshotUnusable("snapshot " + manifest.id() + " is of another log: up to its position it counts "
                    + manifest.events() + " events, and this log " + there);
        }
    }

    private void settle(int most) {
        while (underWay.size() > most) {
            joined(underWay.poll());
        }
    }

    private static <T> T joined(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }
}
