package io.hazelgate.engine.live;

import com.hazelcast.internal.json.JsonObject;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/** What a pipeline has done on this member: counts and the latency of every stage, since the start and over the last minute. */
public final class PipelineStatistics {
    /** The stages, in the order of docs/reference/protocol.md. */
    public enum Stage {
        TOTAL("total"),
        JET("jet"),
        PERSIST("persist"),
        VIEW_UPDATE("viewUpdate"),
        PUBLISH("publish");

        final String jsonName;

        Stage(String jsonName) {
            this.jsonName = jsonName;
        }
    }

    private static final int SLOTS = 6;
    private static final long SLOT_NANOS = TimeUnit.SECONDS.toNanos(10);

    public final LongAdder events = new LongAdder();
    public final LongAdder rejected = new LongAdder();
    public final LongAdder journalLost = new LongAdder();
    public final LongAdder reconciled = new LongAdder();
    public final LongAdder conflicts = new LongAdder();
    /** Calls of handlers that were marked as failed, because the projector did not survive them. */
    public final LongAdder contained = new LongAdder();

    private final LatencyHistogram[] all = histograms();
    private final Slot[] slots = new Slot[SLOTS];

    private static final class Slot {
        long number = -1;
        long events;
        final LatencyHistogram[] histograms = histograms();
    }

    public PipelineStatistics() {
        for (int i = 0; i < SLOTS; i++) {
            slots[i] = new Slot();
        }
    }

    private static LatencyHistogram[] histograms() {
        LatencyHistogram[] made = new LatencyHistogram[Stage.values().length];
        for (int i = 0; i < made.length; i++) {
            made[i] = new LatencyHistogram();
        }
        return made;
    }

    /** One event's way through the pipeline, in microseconds since the epoch. */
    public synchronized void completed(
            long submitted, long received, long persisted, long viewUpdated, long published, long completed) {
        events.increment();
        Slot slot = currentSlot();
        slot.events++;
        record(slot, Stage.TOTAL, completed - submitted);
        record(slot, Stage.JET, received - submitted);
        record(slot, Stage.PERSIST, persisted - received);
        record(slot, Stage.VIEW_UPDATE, viewUpdated - persisted);
        record(slot, Stage.PUBLISH, published - viewUpdated);
    }

    private void record(Slot slot, Stage stage, long micros) {
        double millis = Math.max(0, micros / 1000.0);
        all[stage.ordinal()].record(millis);
        slot.histograms[stage.ordinal()].record(millis);
    }

    private Slot currentSlot() {
        long number = System.nanoTime() / SLOT_NANOS;
        Slot slot = slots[(int) Math.floorMod(number, (long) SLOTS)];
        if (slot.number != number) {
            slot.number = number;
            slot.events = 0;
            for (LatencyHistogram histogram : slot.histograms) {
                histogram.reset();
            }
        }
        return slot;
    }

    /** Events a second, over the last whole slot and the running one. */
    public synchronized double eventsPerSecond() {
        long now = System.nanoTime();
        long current = now / SLOT_NANOS;
        long recentEvents = 0;
        for (Slot slot : slots) {
            recentEvents += slot.number >= current - 1 ? slot.events : 0;
        }
        return recentEvents / ((SLOT_NANOS + now % SLOT_NANOS) / 1e9);
    }

    private synchronized void addTo(LatencyHistogram[] recentSum, LatencyHistogram[] allSum) {
        long current = System.nanoTime() / SLOT_NANOS;
        for (int i = 0; i < allSum.length; i++) {
            allSum[i].add(all[i]);
            for (Slot slot : slots) {
                if (slot.number > current - SLOTS) {
                    recentSum[i].add(slot.histograms[i]);
                }
            }
        }
    }

    /** The sums of several pipelines' counters and histograms. */
    public static JsonObject json(List<PipelineStatistics> parts) {
        LatencyHistogram[] recent = histograms();
        LatencyHistogram[] all = histograms();
        parts.forEach(part -> part.addTo(recent, all));
        return new JsonObject()
                .add("eventsTotal", sum(parts, part -> part.events))
                .add(
                        "eventsPerSecond",
                        LatencyHistogram.decimal(parts.stream()
                                .mapToDouble(PipelineStatistics::eventsPerSecond)
                                .sum()))
                .add("rejectedTotal", sum(parts, part -> part.rejected))
                .add("journalLost", sum(parts, part -> part.journalLost))
                .add("reconciled", sum(parts, part -> part.reconciled))
                .add("conflicts", sum(parts, part -> part.conflicts))
                .add("contained", sum(parts, part -> part.contained))
                .add("recent", json(recent))
                .add("all", json(all));
    }

    private static long sum(List<PipelineStatistics> parts, Function<PipelineStatistics, LongAdder> counter) {
        return parts.stream().mapToLong(part -> counter.apply(part).sum()).sum();
    }

    private static JsonObject json(LatencyHistogram[] histograms) {
        JsonObject json = new JsonObject();
        for (Stage stage : Stage.values()) {
            json.add(stage.jsonName, histograms[stage.ordinal()].toJson());
        }
        return json;
    }
}
