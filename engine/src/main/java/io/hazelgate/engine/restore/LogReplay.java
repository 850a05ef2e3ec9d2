package io.hazelgate.engine.restore;

import com.hazelcast.logging.ILogger;
import io.hazelgate.engine.fold.Decisions;
import io.hazelgate.engine.fold.Replaying;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.log.PostgresEventLog;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * The log's events from a cursor on, brought into the live views and heads, page after page. Nobody else writes meanwhile, so they are
 * replayed; where something is unusual, and with several pipelines, a {@link Restorer} folds each page for itself.
 */
final class LogReplay {
    private static final int PAGE_EVENTS = 1_000;
    /** So many pages are folded for themselves after a replay has ended before its time: what was unusual is among them. */
    private static final int PAGES_ONE_BY_ONE = 8;

    private final Store store;
    private final Pipelines pipelines;
    private final PostgresEventLog eventLog;
    private final Decisions decisions;
    private final Consumer<List<StoredEvent>> done;
    private final ILogger log;
    private String written;
    private Replaying<List<StoredEvent>> replaying;
    private int oneByOne;

    /**
     * @param behind the cursor that they come after; null: all
     * @param done told of each page once everything of it is written
     */
    LogReplay(
            Store store,
            Pipelines pipelines,
            PostgresEventLog eventLog,
            Decisions decisions,
            String behind,
            Consumer<List<StoredEvent>> done) {
        this.store = store;
        this.pipelines = pipelines;
        this.eventLog = eventLog;
        this.decisions = decisions;
        this.done = done;
        log = store.hazelcast().getLoggingService().getLogger(LogReplay.class);
        written = behind;
    }

    void run() throws InterruptedException {
        try (Restorer restorer = new Restorer(store, pipelines, decisions)) {
            CompletableFuture<List<StoredEvent>> ahead = read(written);
            for (List<StoredEvent> page = joined(ahead); ; page = joined(ahead)) {
                try {
                    if (page.isEmpty()) {
                        endReplay();
                        return;
                    }
                    ahead = read(page.get(page.size() - 1).cursor());
                    if (isReplayed(page)) {
                        replay(page);
                    } else {
                        endReplay();
                        restorer.fold(page);
                        written(page);
                    }
                } catch (RuntimeException e) {
                    if (replaying == null) {
                        throw e;
                    }
                    log.info("some events are restored one page after the other: " + e.getMessage());
                    replaying.close();
                    replaying = null;
                    oneByOne = PAGES_ONE_BY_ONE;
                    ahead = read(written);
                }
            }
        }
    }

    private CompletableFuture<List<StoredEvent>> read(String after) {
        return CompletableFuture.supplyAsync(() -> eventLog.read(null, after, PAGE_EVENTS));
    }

    private static List<StoredEvent> joined(CompletableFuture<List<StoredEvent>> page) {
        try {
            return page.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private boolean isReplayed(List<StoredEvent> page) {
        if (oneByOne > 0) {
            oneByOne--;
            return false;
        }
        return pipelines.all().size() == 1
                && decisions.about(page, StoredEvent::record).isEmpty();
    }

    private void replay(List<StoredEvent> page) {
        if (replaying == null) {
            replaying = new Replaying<>(
                    pipelines.all().get(0).projector(),
                    store.entries(),
                    pipelines.viewsWithIndexes().keySet(),
                    store.generations()::liveMap,
                    this::replayed);
        }
        replaying.add(page.stream().map(StoredEvent::record).toList(), page);
    }

    /** What was replayed is written then; what it remembers is no longer how the entries are once somebody else has folded. */
    private void endReplay() {
        if (replaying != null) {
            replaying.finish();
            replaying.close();
            replaying = null;
        }
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
