package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class LatencyHistogramTest {
    @Test
    void aBucketHoldsWhatIsAtMostItsBound() {
        for (int bucket = 0; bucket < LatencyHistogram.BUCKETS - 1; bucket++) {
            double bound = 0.01 * Math.pow(2, bucket / 8.0);
            assertEquals(bucket, LatencyHistogram.bucketOf(bound), "at the bound " + bound);
            assertEquals(bucket + 1, LatencyHistogram.bucketOf(bound * 1.001), "above the bound " + bound);
        }
    }

    @Test
    void whatIsTooLongForTheLastBucketIsInIt() {
        assertEquals(LatencyHistogram.BUCKETS - 1, LatencyHistogram.bucketOf(1e12));
    }

    @Test
    void aHistogramIsWrittenWithItsSumAndMaximum() {
        LatencyHistogram histogram = new LatencyHistogram();
        histogram.record(0.005);
        histogram.record(0.02);
        histogram.record(0.02);
        assertEquals(
                "{\"counts\":[[0,1],[8,2]],\"sumMs\":0.045,\"maxMs\":0.02}",
                histogram.toJson().toString());
    }

    @Test
    void addedHistogramsCountTogether() {
        LatencyHistogram one = new LatencyHistogram();
        LatencyHistogram other = new LatencyHistogram();
        one.record(1);
        other.record(1);
        other.record(8);
        one.add(other);
        assertEquals(
                "{\"counts\":[[54,2],[78,1]],\"sumMs\":10.0,\"maxMs\":8.0}",
                one.toJson().toString());
    }
}
