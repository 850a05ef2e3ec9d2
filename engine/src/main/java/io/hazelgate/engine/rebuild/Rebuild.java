package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.rebuild.Bases.Base;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.JsonRecords;
import io.hazelgate.engine.wire.Names;
import java.util.List;
import java.util.Map;

/**
 * One rebuild, comparison or rollback, as the map {@code rebuilds} has it.
 *
 * @param targets by view, the generation that is folded into
 * @param fromPosition events at or below it are in the targets from the beginning; 0: from nothing, or from a snapshot
 * @param snapshots the snapshots that it may begin with, the first to be tried first; none: it begins without
 * @param code by view, the fingerprints of the code when it was begun
 * @param eventsPerSecond how fast it may go, over all members; 0: as fast as it can
 */
record Rebuild(
        String id,
        Kind kind,
        Map<String, String> targets,
        long fromPosition,
        List<String> snapshots,
        Map<String, List<String>> code,
        int eventsPerSecond,
        Status status,
        String startedAt,
        Outcome outcome) {
    enum Kind {
        REBUILD,
        ROLLBACK,
        DIFF
    }

    enum Status {
        RUNNING,
        DONE,
        CANCELLED,
        FAILED
    }

    /**
     * What it came to, once it has ended.
     *
     * @param snapshot the snapshot that it began with; null where it began without
     * @param skipped how many events that one held
     * @param events how many events were folded
     * @param differences how many entries differ, where it was a comparison
     */
    record Outcome(String endedAt, String error, String snapshot, long skipped, long events, long differences) {
        static final Outcome NONE = new Outcome(null, null, null, 0, 0, 0);

        static Outcome now(String error, Base base, long events, long differences) {
            String snapshot = base == null ? null : base.snapshot();
            long skipped = base == null ? 0 : base.events();
            return new Outcome(Clock.iso(Clock.micros()), error, snapshot, skipped, events, differences);
        }
    }

    static Rebuild begun(
            String id,
            Kind kind,
            Map<String, String> targets,
            long from,
            List<String> snapshots,
            Map<String, List<String>> code,
            int perSecond) {
        String now = Clock.iso(Clock.micros());
        return new Rebuild(id, kind, targets, from, snapshots, code, perSecond, Status.RUNNING, now, Outcome.NONE);
    }

    Rebuild ended(Status how, Outcome what) {
        return new Rebuild(id, kind, targets, fromPosition, snapshots, code, eventsPerSecond, how, startedAt, what);
    }

    /** As it is on record until it really begins: its targets' names are taken. */
    Rebuild reserved() {
        return ended(Status.CANCELLED, Outcome.now("its member went away as it began it", null, 0, 0));
    }

    Rebuild again() {
        return ended(Status.RUNNING, Outcome.NONE);
    }

    /** The same, whose targets hold everything up to a position from the beginning. */
    Rebuild from(long position) {
        return new Rebuild(id, kind, targets, position, snapshots, code, eventsPerSecond, status, startedAt, outcome);
    }

    boolean isRunning() {
        return status == Status.RUNNING;
    }

    /**
     * Where the letters wait that its folds open: nobody is to see them before the views are live. A rollback goes on with those of the
     * generation, and they stay with it should the rollback be cancelled.
     */
    String lettersMap() {
        return kind == Kind.ROLLBACK
                ? KeptLetters.mapOf(targets.values().iterator().next())
                : "letters." + id;
    }

    /** The map that is meant where the projector names one. */
    String mapOf(String name) {
        return name.equals(Names.DEAD_LETTER_EVENTS) ? lettersMap() : targets.getOrDefault(name, name);
    }

    String jobName() {
        return "hazelgate-" + id;
    }

    static Rebuild of(HazelcastJsonValue value) {
        Rebuild rebuild = JsonRecords.of(Rebuild.class, value);
        return rebuild.ended(rebuild.status, JsonRecords.of(Outcome.class, value));
    }

    /** What it came to is beside the rest. */
    JsonObject toJson() {
        JsonObject json = JsonRecords.toJson(this);
        json.remove("outcome");
        return json.merge(JsonRecords.toJson(outcome));
    }

    HazelcastJsonValue toValue() {
        return new HazelcastJsonValue(toJson().toString());
    }
}
