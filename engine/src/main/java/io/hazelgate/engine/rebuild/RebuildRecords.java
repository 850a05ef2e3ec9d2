package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.network.Turns.Turn;
import io.hazelgate.engine.rebuild.Bases.Base;
import io.hazelgate.engine.wire.Names;
import java.util.Comparator;
import java.util.List;

/** Which rebuilds, comparisons and rollbacks run, and how the last ones ended: the map {@code rebuilds}. */
public final class RebuildRecords {
    private static final int KEPT = 20;

    private final HazelcastInstance hazelcast;
    private final IMap<String, HazelcastJsonValue> rebuilds;
    private final ILogger log;

    public RebuildRecords(HazelcastInstance hazelcast) {
        this.hazelcast = hazelcast;
        rebuilds = hazelcast.getMap(Names.REBUILDS);
        log = hazelcast.getLoggingService().getLogger(RebuildRecords.class);
    }

    /** Null where there is none. */
    Rebuild find(String id) {
        HazelcastJsonValue value = rebuilds.get(id);
        return value == null ? null : Rebuild.of(value);
    }

    Rebuild require(String id) {
        Rebuild rebuild = find(id);
        if (rebuild == null) {
            throw new IllegalArgumentException("there is no rebuild " + id);
        }
        return rebuild;
    }

    boolean isRunning(String id) {
        Rebuild rebuild = find(id);
        return rebuild != null && rebuild.isRunning();
    }

    /** Newest first. */
    List<Rebuild> all() {
        return rebuilds.values().stream()
                .map(Rebuild::of)
                .sorted(Comparator.comparing(Rebuild::startedAt).reversed())
                .toList();
    }

    List<Rebuild> running() {
        return all().stream().filter(Rebuild::isRunning).toList();
    }

    /**
     * The rebuild or comparison of a view that is under way; null where there is none.
     *
     * @param view its name; {@code *} for any
     */
    public String building(String view) {
        return running().stream()
                .filter(rebuild -> view.equals("*") || rebuild.targets().containsKey(view))
                .map(Rebuild::id)
                .findFirst()
                .orElse(null);
    }

    /** Puts one on record that has begun in its turn, which its id was chosen beside. */
    void put(Turn turn, Rebuild rebuild) {
        turn.write(rebuilds, rebuild.id(), rebuild.toValue());
    }

    void put(Rebuild rebuild) {
        rebuilds.set(rebuild.id(), rebuild.toValue());
    }

    void end(Rebuild rebuild, Rebuild.Status how, String why, long differences) {
        long events = Progress.eventsOf(hazelcast, rebuild.id());
        Base base = Base.find(hazelcast, rebuild.id());
        Rebuild ended = rebuild.ended(how, Rebuild.Outcome.now(why, base, events, differences));
        // Who cancels it and who ends it may come at once: the first counts.
        if (rebuilds.replace(rebuild.id(), rebuild.toValue(), ended.toValue()) && how != Rebuild.Status.FAILED) {
            Progress.forget(hazelcast, rebuild.id());
        }
        log.info("rebuild " + rebuild.id() + " of " + rebuild.targets().keySet() + " is " + how + " after " + events
                + " events" + (why == null ? "" : ": " + why));
    }

    /** What it has made is wanted no more. */
    void dropTargets(Rebuild rebuild) {
        if (rebuild.kind() != Rebuild.Kind.ROLLBACK) {
            rebuild.targets().values().forEach(map -> hazelcast.getMap(map).destroy());
            hazelcast.getMap(rebuild.lettersMap()).destroy();
        }
    }

    void forgetOld() {
        List<Rebuild> all = all();
        for (Rebuild rebuild : all.subList(Math.min(KEPT, all.size()), all.size())) {
            if (!rebuild.isRunning()) {
                rebuilds.delete(rebuild.id());
                Progress.forget(hazelcast, rebuild.id());
                Comparison.forget(hazelcast, rebuild.id());
            }
        }
    }
}
