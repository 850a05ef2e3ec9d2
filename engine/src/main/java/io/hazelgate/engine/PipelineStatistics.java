package io.hazelgate.engine;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** What the pipeline of this member has done: counts and the latency of every stage, since the start and over the last minute. */
public final class PipelineStatistics {
    /** The stages, in the order of docs/protocol.md. */
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

    /** The counters and histograms as members of a JSON object, without the braces around them. */
    public synchronized void appendJson(StringBuilder json) {
        long now = System.nanoTime();
        long current = now / SLOT_NANOS;
        LatencyHistogram[] recent = histograms();
        long recentEvents = 0;
        for (Slot slot : slots) {
            if (slot.number > current - SLOTS) {
                for (int i = 0; i < recent.length; i++) {
                    recent[i].add(slot.histograms[i]);
                }
                // The rate is over the last whole slot and the running one.
                recentEvents += slot.number >= current - 1 ? slot.events : 0;
            }
        }
        double seconds = (SLOT_NANOS + now % SLOT_NANOS) / 1e9;
        json.append("\"eventsTotal\":").append(events.sum());
        json.append(",\"eventsPerSecond\":").append(recentEvents / seconds);
        json.append(",\"rejectedTotal\":").append(rejected.sum());
        json.append(",\"journalLost\":").append(journalLost.sum());
        json.append(",\"reconciled\":").append(reconciled.sum());
        json.append(",\"conflicts\":").append(conflicts.sum());
        json.append(",\"recent\":");
        appendHistograms(json, recent);
        json.append(",\"all\":");
        appendHistograms(json, all);
    }

    private static void appendHistograms(StringBuilder json, LatencyHistogram[] histograms) {
        json.append('{');
        for (Stage stage : Stage.values()) {
            json.append(stage.ordinal() == 0 ? "\"" : ",\"")
                    .append(stage.jsonName)
                    .append("\":");
            histograms[stage.ordinal()].appendJson(json);
        }
        json.append('}');
    }
}
