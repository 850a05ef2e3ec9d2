package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent;
import com.hazelcast.logging.ILogger;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Once a split has healed, the views are compared with a fold of the store, and those that differ are built again.
 *
 * <p>The side that was dropped takes nothing with it, so nothing should differ. This looks, instead of believing that. Partitions still move
 * then, and a fold that has missed some of their events fails: it begins anew, a while later each time.
 */
public final class AfterMerge {
    private static final int MOST_TRIES = 12;
    private static final long LONGEST_PAUSE_SECONDS = 60;

    /** What has views compared, or built again. */
    interface Begin {
        /** The id of what was begun. As {@link Rebuilds#begin}. */
        String begin(Collection<String> views, boolean build);
    }

    private final Begin rebuilds;
    private final Function<String, Rebuild> records;
    private final Function<String, Collection<String>> differing;
    private final LongSupplier nanos;
    private final ILogger log;
    private volatile boolean due;
    private int tries;
    private long notBefore;
    private String running;

    public AfterMerge(HazelcastInstance hazelcast, Rebuilds rebuilds, RebuildRecords records) {
        this(
                (views, build) -> rebuilds.begin(views, build, 0),
                records::find,
                comparison -> Comparison.viewsThatDiffer(hazelcast, comparison),
                System::nanoTime,
                hazelcast.getLoggingService().getLogger(AfterMerge.class));
        hazelcast.getLifecycleService().addLifecycleListener(event -> {
            if (event.getState() == LifecycleEvent.LifecycleState.MERGED) {
                merged();
            }
        });
    }

    AfterMerge(
            Begin rebuilds,
            Function<String, Rebuild> records,
            Function<String, Collection<String>> differing,
            LongSupplier nanos,
            ILogger log) {
        this.rebuilds = rebuilds;
        this.records = records;
        this.differing = differing;
        this.nanos = nanos;
        this.log = log;
    }

    /** This member was on the side that was dropped, and has joined the other. */
    synchronized void merged() {
        due = true;
        tries = 0;
        notBefore = nanos.getAsLong();
    }

    /** Begins what is due, or judges what has run. */
    public synchronized void look() {
        if (running != null) {
            judge(records.apply(running));
        } else if (due && nanos.getAsLong() - notBefore >= 0) {
            compare();
        }
    }

    private void compare() {
        try {
            running = rebuilds.begin(List.of(), false);
            log.info("a split has healed: " + running + " compares the views with the store");
            due = false;
        } catch (IllegalArgumentException e) {
            log.fine("another member that has merged was faster, or a rebuild runs: " + e.getMessage());
        } catch (IllegalStateException e) {
            log.fine("the projector is away: the views are compared later", e);
        }
    }

    private void judge(Rebuild ended) {
        if (ended != null && ended.isRunning()) {
            return;
        }
        running = null;
        if (ended == null || ended.status() == Rebuild.Status.FAILED) {
            again(ended == null ? "it is on record no more" : ended.outcome().error());
        } else if (ended.status() == Rebuild.Status.CANCELLED) {
            log.warning("comparing the views with the store after a split, or building them again, was cancelled: "
                    + byHand());
        } else if (ended.kind() == Rebuild.Kind.DIFF && ended.outcome().differences() > 0) {
            build(ended);
        }
    }

    private void build(Rebuild comparison) {
        Collection<String> views = differing.apply(comparison.id());
        try {
            running = rebuilds.begin(views, true);
            log.warning(comparison.outcome().differences() + " entries differed from the store after a split: " + views
                    + " are built again by " + running);
        } catch (IllegalArgumentException | IllegalStateException e) {
            again(e.getMessage());
        }
    }

    private void again(String problem) {
        tries++;
        if (tries >= MOST_TRIES) {
            log.warning("the views could not be compared with the store after a split: " + problem + ": " + byHand());
            return;
        }
        long pauseSeconds = Math.min(LONGEST_PAUSE_SECONDS, 1L << tries);
        log.warning("the views are compared with the store again in " + pauseSeconds + " s: " + problem);
        due = true;
        notBefore = nanos.getAsLong() + TimeUnit.SECONDS.toNanos(pauseSeconds);
    }

    private static String byHand() {
        return "look with `hazelgate diff VIEW`, and mend with `hazelgate rebuild --all`";
    }
}
