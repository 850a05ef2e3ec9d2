package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent;
import com.hazelcast.internal.json.JsonValue;
import com.hazelcast.logging.ILogger;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Once a split has healed, the views are compared with a fold of the store, and those that differ are built again.
 *
 * <p>The side that was dropped takes nothing with it, so nothing should differ. This looks, instead of believing that.
 */
public final class AfterMerge {
    private final HazelcastInstance hazelcast;
    private final Rebuilds rebuilds;
    private final RebuildRecords records;
    private final ILogger log;
    private volatile boolean due;
    private String comparison;

    public AfterMerge(HazelcastInstance hazelcast, Rebuilds rebuilds, RebuildRecords records) {
        this.hazelcast = hazelcast;
        this.rebuilds = rebuilds;
        this.records = records;
        log = hazelcast.getLoggingService().getLogger(AfterMerge.class);
        hazelcast.getLifecycleService().addLifecycleListener(event -> {
            if (event.getState() == LifecycleEvent.LifecycleState.MERGED) {
                merged();
            }
        });
    }

    /** This member was on the side that was dropped, and has joined the other. */
    void merged() {
        due = true;
    }

    /** Begins the comparison that is due, or ends the one that runs. */
    public synchronized void look() {
        if (due) {
            compare();
        } else if (comparison != null) {
            judge(records.find(comparison));
        }
    }

    private void compare() {
        try {
            comparison = rebuilds.begin(List.of(), false, 0);
            log.info("a split has healed: " + comparison + " compares the views with the store");
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
        comparison = null;
        if (ended == null || ended.status() != Rebuild.Status.DONE) {
            log.warning("the views could not be compared with the store after a split:"
                    + " look with `hazelgate diff VIEW`, and mend with `hazelgate rebuild --all`");
        } else if (ended.outcome().differences() > 0) {
            Set<String> views = new TreeSet<>();
            for (JsonValue difference :
                    Comparison.differences(hazelcast, ended.id()).asArray()) {
                views.add(difference.asObject().getString("view", ""));
            }
            log.warning(ended.outcome().differences() + " entries differed from the store after a split: " + views
                    + " are built again by " + rebuilds.begin(views, true, 0));
        }
    }
}
