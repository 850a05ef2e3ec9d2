package io.hazelgate.engine.rebuild;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import com.hazelcast.jet.Job;
import com.hazelcast.jet.config.JobConfig;
import com.hazelcast.jet.config.ProcessingGuarantee;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.fold.Decisions;
import io.hazelgate.engine.index.Indexes;
import io.hazelgate.engine.lanes.Lanes;
import io.hazelgate.engine.letters.DeadLetters;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.log.PostgresEventLog;
import io.hazelgate.engine.log.Readiness;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.network.AllMembers;
import io.hazelgate.engine.network.Turns;
import io.hazelgate.engine.network.Turns.Turn;
import io.hazelgate.engine.snapshot.Manifest;
import io.hazelgate.engine.snapshot.Settled;
import io.hazelgate.engine.snapshot.SnapshotUnusable;
import io.hazelgate.engine.snapshot.Snapshots;
import io.hazelgate.engine.views.Gate;
import io.hazelgate.engine.views.Generation;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Here;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Rebuilds, comparisons and rollbacks: begun, watched, ended. What there is to do is in the map {@code rebuilds}; a job that is
 * missing there is started by whichever member notices.
 */
public final class Rebuilds {
    private static final int KEPT = 20;
    private static final String TURN = "rebuild";
    private static final long TURN_MILLIS = 10_000;
    private static final long JOB_END_MILLIS = 10_000;
    private static final long COUNT_NANOS = TimeUnit.SECONDS.toNanos(15);

    private final Store store;
    private final Indexes indexes;
    private final Lanes lanes;
    private final Gate gate;
    private final Turns turns;
    private final AllMembers members;
    private final Settled settled;
    private final Pipelines pipelines;
    private final Snapshots snapshots;
    private final DeadLetters letters;
    private final Readiness readiness;
    private final HazelcastInstance hazelcast;
    private final OwnedEvents log;
    private final IMap<String, HazelcastJsonValue> rebuilds;
    private final IMap<String, HazelcastJsonValue> progress;
    private final Map<String, LogFolder> folders = new ConcurrentHashMap<>();
    private final Map<String, Comparison> comparisons = new ConcurrentHashMap<>();
    private final ILogger logger;
    private long counted;
    private long countedAtNanos;

    public Rebuilds(
            Store store,
            Indexes indexes,
            Lanes lanes,
            Gate gate,
            Turns turns,
            AllMembers members,
            Settled settled,
            Pipelines pipelines,
            Snapshots snapshots,
            DeadLetters letters,
            Readiness readiness) {
        this.store = store;
        this.indexes = indexes;
        this.lanes = lanes;
        this.gate = gate;
        this.turns = turns;
        this.members = members;
        this.settled = settled;
        this.pipelines = pipelines;
        this.snapshots = snapshots;
        this.letters = letters;
        this.readiness = readiness;
        hazelcast = store.hazelcast();
        log = store.log() instanceof PostgresEventLog durable
                ? new OwnedInPostgres(hazelcast, durable)
                : new OwnedInMemory(hazelcast, indexes);
        rebuilds = hazelcast.getMap(Names.REBUILDS);
        progress = hazelcast.getMap(Names.REBUILD_PROGRESS);
        logger = hazelcast.getLoggingService().getLogger(Rebuilds.class);
        Here.put(hazelcast, this);
    }

    Gate gate() {
        return gate;
    }

    Indexes indexes() {
        return indexes;
    }

    Pipelines pipelines() {
        return pipelines;
    }

    /** How many take part. */
    int members() {
        return hazelcast.getCluster().getMembers().size();
    }

    LogFolder newFolder(Rebuild rebuild) {
        return new LogFolder(store, log, pipelines, rebuild);
    }

    /** The log as rebuilds read it. */
    public OwnedEvents log() {
        return log;
    }

    /** Starts the jobs that should run and don't: just begun, or lost with a member. */
    public void look() {
        for (HazelcastJsonValue value : rebuilds.values()) {
            Rebuild rebuild = Rebuild.of(value);
            if (rebuild.isRunning()) {
                startJob(rebuild);
            }
        }
    }

    private void startJob(Rebuild rebuild) {
        hazelcast
                .getJet()
                .newJobIfAbsent(
                        RebuildP.dag(rebuild.id()),
                        new JobConfig().setName(rebuild.jobName()).setProcessingGuarantee(ProcessingGuarantee.NONE));
    }

    // ------------------------------------------------------------ what operators ask for

    /**
     * Begins to fold the log into new generations of views.
     *
     * @param views their names; none means all that the projector describes
     * @param fresh whether the result takes the live one's place; otherwise it is compared with it
     * @return the id of the rebuild
     * @throws IllegalArgumentException when there is no such view, or one of them is being rebuilt already
     */
    public String begin(Collection<String> views, boolean fresh, int eventsPerSecond) {
        return begin(views, fresh, eventsPerSecond, null, false);
    }

    /**
     * The same, going on from a snapshot.
     *
     * @param from what {@code hazelgate rebuild --from} takes: the id of a snapshot, {@code latest}, a position or an instant; null: from
     *     nothing
     * @param otherCode whether the snapshot may have been made by other code than today's
     */
    public String begin(Collection<String> views, boolean fresh, int eventsPerSecond, String from, boolean otherCode) {
        Map<String, List<String>> described = pipelines.viewsWithIndexes();
        pipelines.requireToldOf(views, described.keySet());
        Collection<String> wanted = views.isEmpty() ? described.keySet() : views;
        wanted.forEach(view -> requireView(view, described.keySet()));
        String id = newId();
        Map<String, String> targets = new LinkedHashMap<>();
        for (String view : wanted) {
            targets.put(view, fresh ? nextGeneration(view) : id + '.' + view);
        }
        Rebuild.Kind kind = fresh ? Rebuild.Kind.REBUILD : Rebuild.Kind.DIFF;
        Map<String, Set<String>> codes = new LinkedHashMap<>();
        wanted.forEach(view -> codes.put(view, pipelines.codeOf(view)));
        List<String> bases = from == null
                ? List.of()
                : snapshots.usable(from, codes, otherCode).stream()
                        .map(Manifest::id)
                        .toList();
        Map<String, List<String>> code = new LinkedHashMap<>();
        codes.forEach((view, fingerprints) -> code.put(view, List.copyOf(fingerprints)));
        return begin(Rebuild.begun(id, kind, targets, 0, bases, code, eventsPerSecond));
    }

    private static void requireView(String view, Set<String> views) {
        if (!views.contains(view)) {
            throw new IllegalArgumentException(
                    "there is no view " + view + "; there are " + String.join(", ", new TreeSet<>(views)));
        }
    }

    /**
     * Makes the generation that was live before the live one again, after what has happened since is folded into it.
     *
     * @throws IllegalArgumentException when there is none
     */
    public String rollBack(String view) {
        pipelines.requireToldOf(List.of(view), store.generations().all().keySet());
        requireView(view, store.generations().all().keySet());
        Generation generation = store.generations().of(view);
        if (generation.previous() == null) {
            throw new IllegalArgumentException(
                    "no earlier generation of " + view + " is kept: one is, from a rebuild on until it is dropped");
        }
        Map<String, String> targets = Map.of(view, generation.previous());
        return begin(Rebuild.begun(
                newId(),
                Rebuild.Kind.ROLLBACK,
                targets,
                generation.previousPosition(),
                List.of(),
                Map.of(view, List.copyOf(pipelines.codeOf(view))),
                0));
    }

    private String begin(Rebuild rebuild) {
        try (Turn turn = turns.take(TURN, TURN_MILLIS)) {
            if (turn == null) {
                throw new IllegalStateException("another rebuild is just being begun: try again in a moment");
            }
            return beginAlone(rebuild);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted before it began", e);
        }
    }

    private String beginAlone(Rebuild rebuild) {
        readiness.requireKnown();
        if (readiness.viewsProblem() != null) {
            throw new IllegalArgumentException(readiness.viewsProblem() + ": try again when that is done");
        }
        for (Rebuild other : all()) {
            if (other.isRunning() && other.targets().keySet().stream().anyMatch(rebuild.targets()::containsKey)) {
                throw new IllegalArgumentException("rebuild " + other.id() + " of "
                        + String.join(", ", other.targets().keySet()) + " is running: let it end, or cancel it");
            }
        }
        rebuild.targets().forEach((view, map) -> {
            if (rebuild.kind() != Rebuild.Kind.ROLLBACK) {
                hazelcast.getMap(map).destroy();
            }
        });
        rebuilds.set(rebuild.id(), rebuild.toValue());
        startJob(rebuild);
        forgetOld();
        return rebuild.id();
    }

    private static String newId() {
        return "rb" + UUID.randomUUID().toString().substring(0, 8);
    }

    private String nextGeneration(String view) {
        Generation generation = store.generations().of(view);
        int highest = numberOf(view, generation.live());
        if (generation.previous() != null) {
            highest = Math.max(highest, numberOf(view, generation.previous()));
        }
        return "g" + (highest + 1) + '.' + view;
    }

    private static int numberOf(String view, String map) {
        return map.equals(view) ? 1 : Integer.parseInt(map.substring(1, map.length() - view.length() - 1));
    }

    /** Ends a rebuild; the live views stay as they are. Returns whether it was running. */
    public boolean cancel(String id) {
        Rebuild rebuild = require(id);
        if (!rebuild.isRunning()) {
            return false;
        }
        end(rebuild, Rebuild.Status.CANCELLED, null, 0);
        if (jobEnds(rebuild) && rebuild.targets().values().stream().noneMatch(this::isInUse)) {
            dropTargets(rebuild);
        }
        return true;
    }

    private boolean jobEnds(Rebuild rebuild) {
        Job job = hazelcast.getJet().getJob(rebuild.jobName());
        try {
            if (job != null) {
                job.getFuture().get(JOB_END_MILLIS, TimeUnit.MILLISECONDS);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            logger.warning("the job of " + rebuild.id() + " did not end by itself; what it made stays", e);
        }
        return false;
    }

    /** Its views may have been switched just before it was cancelled. */
    private boolean isInUse(String map) {
        store.generations().look();
        return store.generations().all().values().stream()
                .anyMatch(generation -> map.equals(generation.live()) || map.equals(generation.previous()));
    }

    /** Goes on with a rebuild that has failed, from where it was. */
    public void resume(String id) {
        Rebuild rebuild = require(id);
        if (rebuild.status() != Rebuild.Status.FAILED) {
            throw new IllegalArgumentException(
                    "rebuild " + id + " is " + rebuild.status() + ": only a failed one is resumed");
        }
        if (Decisions.all(hazelcast)
                .anySince(rebuild.startedAt(), rebuild.targets().keySet())) {
            throw new IllegalArgumentException("operators have decided about dead letters of "
                    + rebuild.targets().keySet() + " since rebuild " + id
                    + " began, and it has folded events without knowing: start a new one");
        }
        rebuilds.set(id, rebuild.again().toValue());
        startJob(rebuild);
    }

    /** Drops the generation of a view that is kept for a rollback. Returns whether there was one. */
    public boolean drop(String view) {
        pipelines.requireToldOf(List.of(view), store.generations().all().keySet());
        requireView(view, store.generations().all().keySet());
        Generation generation = store.generations().of(view);
        if (generation.previous() == null) {
            return false;
        }
        store.generations().set(view, generation.withoutPrevious());
        hazelcast.getMap(generation.previous()).destroy();
        KeptLetters.drop(hazelcast, generation.previous());
        return true;
    }

    /** How many events the log has, or had a moment ago: counting all of them at each look would slow down what is looked at. */
    private synchronized long aboutHowMany() {
        if (countedAtNanos == 0 || System.nanoTime() - countedAtNanos > COUNT_NANOS) {
            counted = log.size();
            countedAtNanos = System.nanoTime();
        }
        return counted;
    }

    /** Every rebuild that is remembered, newest first, and where each view stands. */
    public JsonObject report() {
        long total = aboutHowMany();
        JsonArray array = new JsonArray();
        for (Rebuild rebuild : all()) {
            JsonObject json = rebuild.toJson();
            if (rebuild.isRunning()) {
                json.set("events", Progress.eventsOf(progress, rebuild.id()));
                Base base = Base.find(hazelcast, rebuild.id());
                if (base != null) {
                    json.set("snapshot", base.snapshot()).set("skipped", base.events());
                }
            }
            json.remove("snapshots");
            json.remove("code");
            long left = total - json.getLong("skipped", 0);
            array.add(json.add("total", Math.max(left, json.getLong("events", 0))));
        }
        JsonArray views = new JsonArray();
        store.generations()
                .all()
                .forEach((view, generation) -> views.add(generation.toJson().add("view", view)));
        return new JsonObject().add("rebuilds", array).add("views", views);
    }

    /** The entries that a comparison found to differ. */
    public JsonValue differences(String id) {
        return Comparison.differences(hazelcast, id);
    }

    /**
     * The rebuild or comparison of a view that is under way; null where there is none.
     *
     * @param view its name; {@code *} for any
     */
    public String building(String view) {
        return rebuilds.values().stream()
                .map(Rebuild::of)
                .filter(rebuild -> rebuild.isRunning()
                        && (view.equals("*") || rebuild.targets().containsKey(view)))
                .map(Rebuild::id)
                .findFirst()
                .orElse(null);
    }

    // ------------------------------------------------------------ what the job asks for

    Rebuild find(String id) {
        HazelcastJsonValue value = rebuilds.get(id);
        return value == null ? null : Rebuild.of(value);
    }

    private Rebuild require(String id) {
        Rebuild rebuild = find(id);
        if (rebuild == null) {
            throw new IllegalArgumentException("there is no rebuild " + id);
        }
        return rebuild;
    }

    private List<Rebuild> all() {
        List<Rebuild> all = new ArrayList<>();
        rebuilds.values().forEach(value -> all.add(Rebuild.of(value)));
        all.sort(Comparator.comparing(Rebuild::startedAt).reversed());
        return all;
    }

    void register(String id, LogFolder folder) {
        folders.put(id, folder);
    }

    void unregister(String id, LogFolder folder) {
        folders.remove(id, folder);
        comparisons.remove(id);
    }

    /** What one member does when the leader of a rebuild asks it to. */
    public JsonObject step(String id, String what, Member leader) throws InterruptedException {
        boolean done = true;
        long position = 0;
        long differences = 0;
        switch (what) {
            case Switching.COMPARE -> comparison(id).look();
            case Switching.SORT -> indexes.make(require(id).targets());
            case Switching.CLOSE -> {
                LogFolder folder = folders.get(id);
                done = folder != null
                        && gate.close(
                                id,
                                () -> hazelcast.getCluster().getMembers().contains(leader),
                                Switching.CLOSE_MILLIS,
                                Switching.HOLD_MILLIS);
                position = lanes.reached();
                done = done && folder.drain(position);
            }
            case Switching.COMPARE_AGAIN -> differences = comparison(id).lookAgain();
            case Switching.LOOK -> {
                store.generations().look();
                done = gate.isHeldBy(id);
            }
            case Switching.OPEN -> gate.open(id);
            default -> throw new IllegalArgumentException("there is no step " + what);
        }
        return new JsonObject().add("done", done).add("position", position).add("differences", differences);
    }

    /**
     * The rebuild with the position that its targets start at; null while the snapshot that it goes on from is not loaded. Whoever leads
     * loads it: of those named the first that is whole.
     */
    Rebuild onItsBase(Rebuild rebuild, boolean leads) {
        if (rebuild.snapshots().isEmpty()) {
            return rebuild;
        }
        Base base = Base.find(hazelcast, rebuild.id());
        if (base == null && leads) {
            base = load(rebuild);
        }
        return base == null ? null : rebuild.from(base.position());
    }

    private Base load(Rebuild rebuild) {
        Map<String, String> maps = new LinkedHashMap<>(rebuild.targets());
        maps.put(Names.DEAD_LETTER_EVENTS, rebuild.lettersMap());
        String problem = "";
        for (String snapshot : rebuild.snapshots()) {
            try {
                long begun = Clock.micros();
                Manifest manifest = snapshots.load(snapshot, maps, () -> isRunning(rebuild.id()));
                Base base = Base.of(manifest);
                base.keep(hazelcast, rebuild.id());
                logger.info("rebuild " + rebuild.id() + " begins with snapshot " + snapshot + ", loaded in "
                        + (Clock.micros() - begun) / 1_000 + " ms");
                return base;
            } catch (SnapshotUnusable e) {
                problem = e.getMessage();
                if (!isRunning(rebuild.id())) {
                    return null;
                }
                logger.warning("rebuild " + rebuild.id() + ": " + problem);
                // Nothing of it may stay.
                hazelcast.getMap(rebuild.lettersMap()).destroy();
                rebuild.targets().values().forEach(map -> hazelcast.getMap(map).destroy());
            }
        }
        end(rebuild, Rebuild.Status.FAILED, problem + ". Build the views without it: from the first event", 0);
        return null;
    }

    private boolean isRunning(String id) {
        Rebuild rebuild = find(id);
        return rebuild != null && rebuild.isRunning();
    }

    private Comparison comparison(String id) {
        return comparisons.computeIfAbsent(id, key -> new Comparison(store, require(key)));
    }

    /** Whether the rebuild has come to its end: every member has caught up, and the views are switched, or compared. */
    boolean finish(Rebuild rebuild) {
        if (!Progress.allCaughtUp(hazelcast, rebuild.id())) {
            return false;
        }
        return new Switching(this, store, members, settled, letters, pipelines, rebuild).run();
    }

    void end(Rebuild rebuild, Rebuild.Status how, String why, long differences) {
        long events = Progress.eventsOf(progress, rebuild.id());
        Base base = Base.find(hazelcast, rebuild.id());
        Rebuild ended = rebuild.ended(how, Clock.iso(Clock.micros()), why, base, events, differences);
        // Who cancels it and who ends it may come at once: the first counts.
        if (rebuilds.replace(rebuild.id(), rebuild.toValue(), ended.toValue()) && how != Rebuild.Status.FAILED) {
            Progress.forget(progress, rebuild.id());
        }
        logger.info("rebuild " + rebuild.id() + " of " + rebuild.targets().keySet() + " is " + how + " after " + events
                + " events" + (why == null ? "" : ": " + why));
    }

    void dropTargets(Rebuild rebuild) {
        if (rebuild.kind() != Rebuild.Kind.ROLLBACK) {
            rebuild.targets().values().forEach(map -> hazelcast.getMap(map).destroy());
            hazelcast.getMap(rebuild.lettersMap()).destroy();
        }
    }

    private void forgetOld() {
        List<Rebuild> all = all();
        for (Rebuild rebuild : all.subList(Math.min(KEPT, all.size()), all.size())) {
            if (!rebuild.isRunning()) {
                rebuilds.delete(rebuild.id());
                Progress.forget(progress, rebuild.id());
                Comparison.forget(hazelcast, rebuild.id());
            }
        }
    }
}
