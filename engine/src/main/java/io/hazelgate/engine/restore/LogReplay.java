package io.hazelgate.engine.restore;

import com.hazelcast.logging.ILogger;
import io.hazelgate.engine.fold.Decisions;
import io.hazelgate.engine.fold.Replaying;
import io.hazelgate.engine.fold.Replays;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.log.ReadAhead;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.log.StoreKey;
import io.hazelgate.engine.log.StoredEvent;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Names;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The log's events from a cursor on, brought into the live views and heads, page after page. Nobody else writes meanwhile, so they are
 * replayed; where something is unusual, and with several pipelines, a {@link Restorer} folds each page for itself.
 */
final class LogReplay {
    private static final int PAGE_EVENTS = 1_000;

    private final Store store;
    private final Pipelines pipelines;
    private final Decisions decisions;
    private final Consumer<List<StoredEvent>> done;
    private final ReadAhead pages = new ReadAhead();
    private final Replays<List<StoredEvent>> replays;
    private String written;

    /**
     * @param behind the cursor that they come after; null: all
     * @param done told of each page once everything of it is written
     */
    LogReplay(Store store, Pipelines pipelines, String behind, Consumer<List<StoredEvent>> done) {
        this.store = store;
        this.pipelines = pipelines;
        this.done = done;
        decisions = Decisions.all(store.hazelcast());
        ILogger log = store.hazelcast().getLoggingService().getLogger(LogReplay.class);
        written = behind;
        replays = new Replays<>(
                () -> new Replaying<>(
                        pipelines.all().get(0).projector(),
                        store.entries(),
                        pipelines.viewsWithIndexes().keySet(),
                        store.generations()::liveMap,
                        this::replayed),
                () -> pipelines.all().size() == 1,
                decisions,
                why -> log.info("some events are restored one page after the other: " + why.getMessage()));
    }

    void run() throws InterruptedException {
        try (Restorer restorer = new Restorer(store, pipelines, decisions);
                replays) {
            String cursor = written;
            while (true) {
                List<StoredEvent> page = pages.next(cursor, PAGE_EVENTS, after -> store.log()
                                .read(null, after, null, PAGE_EVENTS, Integer.MAX_VALUE))
                        .events();
                if (!isTaken(page, restorer)) {
                    cursor = written;
                } else if (page.isEmpty()) {
                    return;
                } else {
                    cursor = page.get(page.size() - 1).cursor();
                }
            }
        }
    }

    /** False where a replay was given up: then everything behind what is written comes again. */
    private boolean isTaken(List<StoredEvent> page, Restorer restorer) throws InterruptedException {
        List<byte[]> records = page.stream().map(StoredEvent::record).toList();
        if (!page.isEmpty() && replays.takes(records)) {
            return replays.add(records, page);
        }
        boolean all = replays.end();
        if (all && !page.isEmpty()) {
            restorer.fold(page);
            written(page);
        }
        return all;
    }

    /** A replay knows the views alone. */
    private void replayed(List<StoredEvent> page) {
        Map<String, Long> heads = new HashMap<>();
        for (StoredEvent event : page) {
            StoreKey place = StoreKey.of(event.record());
            heads.merge(place.aggregateType() + '@' + place.aggregateId(), place.sequence(), Math::max);
        }
        List<Change> changes = new ArrayList<>(heads.size());
        heads.forEach((key, sequence) -> changes.add(
                Change.set(key, ("{\"_meta\":{\"version\":" + sequence + "}}").getBytes(StandardCharsets.US_ASCII))));
        store.entries().change(Names.AGGREGATE_HEADS, changes).join();
        written(page);
    }

    private void written(List<StoredEvent> page) {
        written = page.get(page.size() - 1).cursor();
        done.accept(page);
    }
}
