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
import io.hazelgate.engine.Clock;
import io.hazelgate.engine.Engine;
import io.hazelgate.engine.Names;
import io.hazelgate.engine.views.Generation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Rebuilds, comparisons and rollbacks: begun, watched, ended. What there is to do is in the map {@code rebuilds}; a job that is
 * missing there is started by whichever member notices.
 */
public final class Rebuilds {
    private static final int KEPT = 20;
    private static final String LOCK = "begin";
    private static final long JOB_END_MILLIS = 10_000;

    private final Engine engine;
    private final HazelcastInstance hazelcast;
    private final EventLog log;
    private final IMap<String, HazelcastJsonValue> rebuilds;
    private final IMap<String, HazelcastJsonValue> progress;
    private final Map<String, LogFolder> folders = new ConcurrentHashMap<>();
    private final Map<String, Comparison> comparisons = new ConcurrentHashMap<>();
    private final ILogger logger;

    public Rebuilds(Engine engine) {
        this.engine = engine;
        hazelcast = engine.hazelcast();
        log = engine.eventLog().isDurable() ? new DurableLog(engine) : new MemoryLog(hazelcast, engine.entries());
        rebuilds = hazelcast.getMap(Names.REBUILDS);
        progress = hazelcast.getMap(Names.REBUILD_PROGRESS);
        logger = hazelcast.getLoggingService().getLogger(Rebuilds.class);
    }

    EventLog log() {
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
        Map<String, List<String>> described = described();
        if (described.isEmpty()) {
            throw new IllegalStateException(
                    "the projector is away, and nobody else knows the views: try again in a moment");
        }
        Collection<String> wanted = views.isEmpty() ? described.keySet() : views;
        for (String view : wanted) {
            if (!described.containsKey(view)) {
                throw new IllegalArgumentException("there is no view " + view + "; there are " + described.keySet());
            }
        }
        String id = newId();
        Map<String, String> targets = new LinkedHashMap<>();
        for (String view : wanted) {
            targets.put(view, fresh ? nextGeneration(view) : id + '.' + view);
        }
        Rebuild.Kind kind = fresh ? Rebuild.Kind.REBUILD : Rebuild.Kind.DIFF;
        return begin(Rebuild.begun(id, kind, targets, 0, eventsPerSecond, Clock.iso(Clock.micros())));
    }

    /**
     * Makes the generation that was live before the live one again, after what has happened since is folded into it.
     *
     * @throws IllegalArgumentException when there is none
     */
    public String rollBack(String view) {
        Generation generation = engine.generations().of(view);
        if (generation.previous() == null) {
            throw new IllegalArgumentException(
                    "no earlier generation of " + view + " is kept: one is, from a rebuild on until it is dropped");
        }
        Map<String, String> targets = Map.of(view, generation.previous());
        return begin(Rebuild.begun(
                newId(), Rebuild.Kind.ROLLBACK, targets, generation.previousPosition(), 0, Clock.iso(Clock.micros())));
    }

    private String begin(Rebuild rebuild) {
        rebuilds.lock(LOCK);
        try {
            return beginAlone(rebuild);
        } finally {
            rebuilds.unlock(LOCK);
        }
    }

    private String beginAlone(Rebuild rebuild) {
        for (Rebuild other : all()) {
            if (other.isRunning() && other.targets().keySet().stream().anyMatch(rebuild.targets()::containsKey)) {
                throw new IllegalArgumentException("rebuild " + other.id() + " of "
                        + other.targets().keySet() + " is running: let it end, or cancel it");
            }
        }
        rebuild.targets().forEach((view, map) -> {
            if (rebuild.kind() != Rebuild.Kind.ROLLBACK) {
                hazelcast.getMap(map).destroy();
            }
            if (rebuild.kind() != Rebuild.Kind.DIFF) {
                engine.generations().addIndexes(map, described().getOrDefault(view, List.of()));
            }
        });
        rebuilds.set(rebuild.id(), rebuild.toValue());
        startJob(rebuild);
        forgetOld();
        return rebuild.id();
    }

    /** The views of all pipelines, each with its indexes. */
    private Map<String, List<String>> described() {
        Map<String, List<String>> views = new LinkedHashMap<>();
        engine.pipelines()
                .forEach(pipeline ->
                        views.putAll(pipeline.projector().description().views()));
        return views;
    }

    private static String newId() {
        return "rb" + UUID.randomUUID().toString().substring(0, 8);
    }

    private String nextGeneration(String view) {
        Generation generation = engine.generations().of(view);
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
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
            logger.warning("the job of " + rebuild.id() + " did not end by itself; what it made stays", e);
        }
        return false;
    }

    /** Its views may have been switched just before it was cancelled. */
    private boolean isInUse(String map) {
        engine.generations().look();
        return engine.generations().all().values().stream()
                .anyMatch(generation -> map.equals(generation.live()) || map.equals(generation.previous()));
    }

    /** Goes on with a rebuild that has failed, from where it was. */
    public void resume(String id) {
        Rebuild rebuild = require(id);
        if (rebuild.status() != Rebuild.Status.FAILED) {
            throw new IllegalArgumentException(
                    "rebuild " + id + " is " + rebuild.status() + ": only a failed one is resumed");
        }
        rebuilds.set(id, rebuild.again().toValue());
        startJob(rebuild);
    }

    /** Drops the generation of a view that is kept for a rollback. Returns whether there was one. */
    public boolean drop(String view) {
        Generation generation = engine.generations().of(view);
        if (generation.previous() == null) {
            return false;
        }
        engine.generations().set(view, generation.withoutPrevious());
        hazelcast.getMap(generation.previous()).destroy();
        return true;
    }

    /** Every rebuild that is remembered, newest first, and where each view stands. */
    public JsonObject report() {
        long total = log.size();
        JsonArray array = new JsonArray();
        for (Rebuild rebuild : all()) {
            JsonObject json = rebuild.toJson();
            if (rebuild.isRunning()) {
                json.set("events", Progress.eventsOf(progress, rebuild.id()));
            }
            array.add(json.add("total", Math.max(total, json.getLong("events", 0))));
        }
        JsonArray views = new JsonArray();
        engine.generations()
                .all()
                .forEach((view, generation) -> views.add(generation.toJson().add("view", view)));
        return new JsonObject().add("rebuilds", array).add("views", views);
    }

    /** The entries that a comparison found to differ. */
    public JsonValue differences(String id) {
        return Comparison.differences(hazelcast, id);
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
            case Switching.CLOSE -> {
                done = folders.containsKey(id)
                        && engine.gate()
                                .close(
                                        id,
                                        () -> hazelcast
                                                .getCluster()
                                                .getMembers()
                                                .contains(leader),
                                        Switching.CLOSE_MILLIS,
                                        Switching.HOLD_MILLIS);
                position = engine.lanes().reached();
                if (done) {
                    folders.get(id).drain(position);
                }
            }
            case Switching.COMPARE_AGAIN -> differences = comparison(id).lookAgain();
            case Switching.LOOK -> {
                engine.generations().look();
                done = engine.gate().isHeldBy(id);
            }
            case Switching.OPEN -> engine.gate().open(id);
            default -> throw new IllegalArgumentException("there is no step " + what);
        }
        return new JsonObject().add("done", done).add("position", position).add("differences", differences);
    }

    private Comparison comparison(String id) {
        return comparisons.computeIfAbsent(id, key -> new Comparison(engine, require(key)));
    }

    /** Whether the rebuild has come to its end: every member has caught up, and the views are switched, or compared. */
    boolean finish(Rebuild rebuild) {
        if (!Progress.allCaughtUp(hazelcast, rebuild.id())) {
            return false;
        }
        return new Switching(engine, rebuild).run();
    }

    void end(Rebuild rebuild, Rebuild.Status how, String why, long differences) {
        long events = Progress.eventsOf(progress, rebuild.id());
        Rebuild ended = rebuild.ended(how, Clock.iso(Clock.micros()), why, events, differences);
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
        }
        hazelcast.getMap(rebuild.lettersMap()).destroy();
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
