package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.rebuild.Bases.Base;
import io.hazelgate.engine.views.Generations;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Tells operators how rebuilds and views stand. */
public final class RebuildReport {
    private static final long COUNT_NANOS = TimeUnit.SECONDS.toNanos(15);
    private static final long PATIENCE_MILLIS = 500;
    private static final long DIFFERENCES_CHARACTERS = 8 * 1024 * 1024;

    private final HazelcastInstance hazelcast;
    private final Generations generations;
    private final OwnedEvents log;
    private final RebuildRecords records;
    private CompletableFuture<Long> counting;
    private long counted;
    private long countedAtNanos;

    public RebuildReport(Store store, OwnedEvents log, RebuildRecords records) {
        hazelcast = store.hazelcast();
        generations = store.generations();
        this.log = log;
        this.records = records;
    }

    /**
     * How many events the log has, or had a moment ago: counting all of them at each look would slow down what is looked at. A count that
     * takes long goes on beside, and the next looks have it.
     */
    private synchronized long aboutHowMany() {
        if (counting == null && (countedAtNanos == 0 || System.nanoTime() - countedAtNanos > COUNT_NANOS)) {
            counting = CompletableFuture.supplyAsync(log::size);
        }
        if (counting != null) {
            try {
                counted = counting.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                return counted;
            } catch (ExecutionException e) {
                hazelcast.getLoggingService().getLogger(RebuildReport.class).fine("the log could not be counted", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return counted;
            }
            counting = null;
            countedAtNanos = System.nanoTime();
        }
        return counted;
    }

    /** Every rebuild that is remembered, newest first, and where each view stands. */
    public JsonObject report() {
        long total = aboutHowMany();
        JsonArray array = new JsonArray();
        for (Rebuild rebuild : records.all()) {
            JsonObject json = rebuild.toJson();
            if (rebuild.isRunning()) {
                json.set("events", Progress.eventsOf(hazelcast, rebuild.id()));
                Base base = Base.find(hazelcast, rebuild.id());
                if (base != null) {
                    json.set("snapshot", base.snapshot()).set("skipped", base.events());
                }
            }
            json.remove("snapshots");
            json.remove("code");
            long left = total - json.getLong("skipped", 0);
            array.add(json.add("total", Math.max(left, json.getLong("events", 0))));
        }
        JsonArray views = new JsonArray();
        generations
                .all()
                .forEach((view, generation) -> views.add(generation.toJson().add("view", view)));
        return new JsonObject().add("rebuilds", array).add("views", views);
    }

    /** The first entries that a comparison found to differ: as many as an answer may hold. */
    public JsonValue differences(String id, int most) {
        return Comparison.differences(hazelcast, id, most, DIFFERENCES_CHARACTERS);
    }
}
