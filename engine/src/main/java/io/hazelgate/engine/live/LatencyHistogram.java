package io.hazelgate.engine.live;

import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import java.util.Arrays;

/** Latencies in buckets that grow by 2^(1/8): bucket i holds what is at most 0.01 ms × 2^(i/8). For one thread at a time. */
public final class LatencyHistogram {
    static final int BUCKETS = 240;
    private static final double SMALLEST_MILLIS = 0.01;
    private static final double STEPS_PER_DOUBLING = 8;

    private final long[] counts = new long[BUCKETS];
    private double sum;
    private double max;

    public void record(double millis) {
        counts[bucketOf(millis)]++;
        sum += Math.max(0, millis);
        max = Math.max(max, millis);
    }

    static int bucketOf(double millis) {
        if (millis <= SMALLEST_MILLIS) {
            return 0;
        }
        int bucket = (int) Math.ceil(STEPS_PER_DOUBLING * Math.log(millis / SMALLEST_MILLIS) / Math.log(2) - 1e-9);
        return Math.min(bucket, BUCKETS - 1);
    }

    public void add(LatencyHistogram other) {
        for (int i = 0; i < BUCKETS; i++) {
            counts[i] += other.counts[i];
        }
        sum += other.sum;
        max = Math.max(max, other.max);
    }

    void reset() {
        Arrays.fill(counts, 0);
        sum = 0;
        max = 0;
    }

    /** With its fraction, also where that is 0. */
    static JsonValue decimal(double number) {
        return Json.parse(String.valueOf(number));
    }

    JsonObject toJson() {
        JsonArray buckets = new JsonArray();
        for (int i = 0; i < BUCKETS; i++) {
            if (counts[i] > 0) {
                buckets.add(new JsonArray().add(i).add(counts[i]));
            }
        }
        return new JsonObject()
                .add("counts", buckets)
                .add("sumMs", decimal(sum))
                .add("maxMs", decimal(max));
    }
}
