package io.hazelgate.engine.rebuild;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.index.Indexes;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.live.Shared;
import io.hazelgate.engine.log.EventLog;
import io.hazelgate.engine.wire.Here;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** This member's part in the rebuilds that run: it folds its lanes, and takes the steps at the end that the leader asks for. */
public final class Rebuilding {
    private final Shared shared;
    private final OwnedEvents log;
    private final Indexes indexes;
    private final Pipelines pipelines;
    private final RebuildRecords records;
    private final Bases bases;
    private final Switching switching;
    private final HazelcastInstance hazelcast;
    private final Map<String, LogFolder> folders = new ConcurrentHashMap<>();
    private final Map<String, Comparison> comparisons = new ConcurrentHashMap<>();
    private final Map<String, CaughtUp> caughtUp = new ConcurrentHashMap<>();

    public Rebuilding(
            Shared shared,
            OwnedEvents log,
            Indexes indexes,
            Pipelines pipelines,
            RebuildRecords records,
            Bases bases,
            Switching switching) {
        this.shared = shared;
        this.log = log;
        this.indexes = indexes;
        this.pipelines = pipelines;
        this.records = records;
        this.bases = bases;
        this.switching = switching;
        hazelcast = shared.hazelcast();
        Here.put(hazelcast, this);
    }

    RebuildRecords records() {
        return records;
    }

    Bases bases() {
        return bases;
    }

    /** How many members take part. */
    int members() {
        return hazelcast.getCluster().getMembers().size();
    }

    /** How many events have come through this member's pipelines. */
    long liveEvents() {
        return pipelines.all().stream()
                .mapToLong(pipeline -> pipeline.statistics().events.sum())
                .sum();
    }

    /** Up to which position this member's part of the log can be folded. */
    long settled() {
        return shared.gate().settled();
    }

    /** Begins to fold, into targets that hold what they hold from the beginning. */
    LogFolder begin(Rebuild based) {
        if (!based.snapshots().isEmpty() && based.kind() != Rebuild.Kind.DIFF) {
            // While the projector folds there is time for it.
            indexes.begin(based.targets());
        }
        LogFolder folder = new LogFolder(shared.store(), log, pipelines, based);
        folders.put(based.id(), folder);
        return folder;
    }

    void end(String id, LogFolder folder) {
        folders.remove(id, folder);
        comparisons.remove(id);
        caughtUp.remove(id);
        folder.close();
    }

    /** Whether the rebuild has come to its end: every member has caught up, and the views are switched, or compared. */
    boolean finish(Rebuild rebuild) {
        CaughtUp seen = caughtUp.computeIfAbsent(rebuild.id(), id -> new CaughtUp());
        return Progress.allCaughtUp(hazelcast, rebuild.id(), seen) && switching.run(rebuild);
    }

    /** What one member does when the leader of a rebuild asks it to. */
    public JsonObject step(String id, String what, Member leader) throws InterruptedException {
        boolean done = true;
        long differences = 0;
        switch (what) {
            case Switching.COMPARE -> {
                comparison(id).look();
                catchUp(id);
            }
            case Switching.SORT -> {
                indexes.make(records.require(id).targets());
                catchUp(id);
            }
            case Switching.CLOSE -> {
                LogFolder folder = folders.get(id);
                done = folder != null
                        && shared.gate()
                                .close(
                                        id,
                                        () -> hazelcast
                                                .getCluster()
                                                .getMembers()
                                                .contains(leader),
                                        Switching.CLOSE_MILLIS,
                                        Switching.HOLD_MILLIS);
                // Nothing of these lanes is stored now, but whoever had one before may have died behind a batch
                // that this member has not come to: so they are folded to the end, not as far as is known here.
                done = done && folder.drain(EventLog.LAST_POSITION);
            }
            case Switching.COMPARE_AGAIN -> differences = comparison(id).lookAgain();
            case Switching.LOOK -> {
                shared.generations().look();
                done = shared.gate().isHeldBy(id);
            }
            case Switching.OPEN -> shared.gate().open(id);
            default -> throw new IllegalArgumentException("there is no step " + what);
        }
        return new JsonObject().add("done", done).add("differences", differences);
    }

    /** Folds what has come meanwhile: while gates are closed there is to be little to do. */
    private void catchUp(String id) {
        LogFolder folder = folders.get(id);
        if (folder != null) {
            folder.drain(settled());
        }
    }

    private Comparison comparison(String id) {
        return comparisons.computeIfAbsent(id, key -> new Comparison(shared.store(), records.require(key)));
    }
}
