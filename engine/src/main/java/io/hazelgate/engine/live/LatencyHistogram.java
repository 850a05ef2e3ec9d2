package io.hazelgate.engine.live;

import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonObject;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.DoubleAccumulator;
import java.util.concurrent.atomic.DoubleAdder;

/** Latencies in buckets that grow by 2^(1/8): bucket i holds what is at most 0.01 ms × 2^(i/8). */
public final class LatencyHistogram {
    static final int BUCKETS = 240;
    private static final double SMALLEST_MILLIS = 0.01;
    private static final double STEPS_PER_DOUBLING = 8;

    private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);
    private final DoubleAdder sum = new DoubleAdder();
    private final DoubleAccumulator max = new DoubleAccumulator(Math::max, 0);

    public void record(double millis) {
        counts.incrementAndGet(bucketOf(millis));
        sum.add(Math.max(0, millis));
        max.accumulate(millis);
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
            long count = other.counts.get(i);
            if (count > 0) {
                counts.addAndGet(i, count);
            }
        }
        sum.add(other.sum.sum());
        max.accumulate(other.max.get());
    }

    void reset() {
        for (int i = 0; i < BUCKETS; i++) {
            counts.set(i, 0);
        }
        sum.reset();
        max.reset();
    }

    JsonObject toJson() {
        JsonArray buckets = new JsonArray();
        for (int i = 0; i < BUCKETS; i++) {
            if (counts.get(i) > 0) {
                buckets.add(new JsonArray().add(i).add(counts.get(i)));
            }
        }
        return new JsonObject().add("counts", buckets).add("sumMs", sum.sum()).add("maxMs", max.get());
    }
}
