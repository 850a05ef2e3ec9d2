package io.hazelgate.engine.network;

import com.hazelcast.logging.ILogger;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** Counts the tasks that a member has given up, because their time was over, and says so in the log: a line a second at most. */
public final class GivenUp {
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final LongAdder count = new LongAdder();
    private final AtomicLong toldAt = new AtomicLong(System.nanoTime() - QUIET_NANOS);
    private final ILogger log;

    public GivenUp(ILogger log) {
        this.log = log;
    }

    void count(int classId, Deadline.Passed why) {
        count.increment();
        long now = System.nanoTime();
        long last = toldAt.get();
        if (now - last >= QUIET_NANOS && toldAt.compareAndSet(last, now)) {
            log.warning("task " + classId + " was given up (" + why.getMessage() + "); " + count.sum()
                    + " since the start");
        }
    }

    public long sum() {
        return count.sum();
    }
}
