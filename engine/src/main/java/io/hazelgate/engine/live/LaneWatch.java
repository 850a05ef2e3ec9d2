package io.hazelgate.engine.live;

import com.hazelcast.logging.ILogger;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/**
 * Notices lanes of a pipeline that stand still on this member: events wait in them, and none has left for 10 s.
 *
 * <p>It goes by this member's own watch alone: how long it has seen an event there. Clocks of others don't count.
 */
final class LaneWatch {
    private static final long STANDING_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long SAY_AGAIN_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final String pipeline;
    private final ToIntFunction<String> laneOf;
    private final Supplier<String> reason;
    private final ILogger log;
    private final LongSupplier nanoTime;
    /** By pending key, since when it is seen there. */
    private Map<String, Long> waiting = Map.of();

    private Map<Integer, Long> lastLeft = Map.of();
    private volatile Standing standing = Standing.NONE;
    private long saidAtNanos;

    /**
     * How it stands.
     *
     * @param lanes how many stand still
     * @param seconds for how long the one that does so longest
     * @param oldestSeconds how long the event has waited that has waited longest, in whatever lane
     */
    record Standing(int lanes, double seconds, double oldestSeconds) {
        static final Standing NONE = new Standing(0, 0, 0);
    }

    /** @param reason why they may, in a few words; empty where nothing is known */
    LaneWatch(
            String pipeline,
            ToIntFunction<String> laneOf,
            Supplier<String> reason,
            ILogger log,
            LongSupplier nanoTime) {
        this.pipeline = pipeline;
        this.laneOf = laneOf;
        this.reason = reason;
        this.log = log;
        this.nanoTime = nanoTime;
    }

    Standing standing() {
        return standing;
    }

    /**
     * Looks once.
     *
     * @param pending the keys of what is pending on this member
     * @param drained whether operators want it to stand still
     */
    synchronized void look(Collection<String> pending, boolean drained) {
        long now = nanoTime.getAsLong();
        Map<String, Long> there = new HashMap<>(pending.size() * 2);
        Map<Integer, Long> stillSince = new HashMap<>();
        long oldest = now;
        for (String key : pending) {
            Long before = drained ? null : waiting.get(key);
            there.put(key, before == null ? Long.valueOf(now) : before);
            if (before != null) {
                oldest = Math.min(oldest, before);
                stillSince.merge(laneOf.applyAsInt(key), before, Math::min);
            }
        }
        Map<Integer, Long> left = new HashMap<>(lastLeft);
        if (!stillSince.isEmpty()) {
            // Where no event is seen twice there is nothing to find, and under load nothing is worked out.
            waiting.keySet().stream()
                    .filter(key -> !there.containsKey(key))
                    .forEach(key -> left.put(laneOf.applyAsInt(key), now));
        }
        left.keySet().retainAll(stillSince.keySet());
        left.forEach((lane, at) -> stillSince.merge(lane, at, Math::max));
        waiting = there;
        lastLeft = left;
        Set<Integer> still = new HashSet<>(stillSince.keySet());
        still.removeIf(lane -> now - stillSince.get(lane) < STANDING_NANOS);
        long longest = still.stream()
                .mapToLong(lane -> now - stillSince.get(lane))
                .max()
                .orElse(0);
        say(new Standing(still.size(), longest / 1e9, (now - oldest) / 1e9), still, now);
    }

    private void say(Standing found, Set<Integer> still, long now) {
        Standing before = standing;
        standing = found;
        if (found.lanes == 0) {
            if (before.lanes > 0) {
                log.info("pipeline " + pipeline + ": no lane stands still any more");
            }
        } else if (before.lanes == 0 || now - saidAtNanos > SAY_AGAIN_NANOS) {
            saidAtNanos = now;
            String example = waiting.keySet().stream()
                    .filter(key -> still.contains(laneOf.applyAsInt(key)))
                    .min(String::compareTo)
                    .orElse("");
            String why = reason.get();
            log.warning("pipeline " + pipeline + ": " + found.lanes + " lanes stand still, for up to "
                    + Math.round(found.seconds) + " s: events wait in them and none has left, as " + example
                    + (why.isEmpty() ? "" : "; " + why));
        }
    }
}
