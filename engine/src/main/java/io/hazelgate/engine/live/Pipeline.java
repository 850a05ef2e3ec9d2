package io.hazelgate.engine.live;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.lanes.Backpressure;
import io.hazelgate.engine.projector.Description;
import io.hazelgate.engine.projector.Projector;
import io.hazelgate.engine.views.Generations;
import io.hazelgate.engine.wire.Names;
import java.util.Set;

/**
 * What one configured pipeline is on this member: its event types, its projector, its share of what may be in flight, its
 * statistics, and the watch over its job. Pipelines share the maps and nothing else.
 */
public final class Pipeline implements AutoCloseable {
    private static final int LOOKS_PER_LANE_WATCH = 3;

    private final Shared shared;
    private final Aggregates aggregates;
    private final PipelineSettings settings;
    private final int partitionCount;
    private final PipelineControl control;
    private final PipelineJob job;
    private final PendingKeys pendingKeys;
    private final PipelineStatistics statistics = new PipelineStatistics();
    private final Reconciler reconciler;
    private final Backpressure backpressure;
    private final LaneWatch laneWatch;
    private final Takeover takeover = new Takeover();
    private final AbandonedChange abandonedChange;
    private final ILogger log;
    private volatile Projector projector;
    private volatile boolean asked;
    private int looks;
    private String problemSaid;

    Pipeline(
            Shared shared,
            PipelineSettings settings,
            PendingKeys pendingKeys,
            Aggregates aggregates,
            int pipelineCount) {
        this.shared = shared;
        this.aggregates = aggregates;
        this.settings = settings;
        this.pendingKeys = pendingKeys;
        HazelcastInstance hazelcast = shared.hazelcast();
        log = hazelcast.getLoggingService().getLogger(Pipeline.class);
        partitionCount = hazelcast.getPartitionService().getPartitions().size();
        IMap<String, HazelcastJsonValue> pendingEvents = hazelcast.getMap(Names.PENDING_EVENTS);
        control = new PipelineControl(hazelcast, settings.name());
        job = new PipelineJob(shared, settings, control, this::useNamedProjector);
        projector = newProjector(settings.projector());
        reconciler = new Reconciler(
                pendingEvents, shared.store().entries(), shared.store().log(), statistics);
        // A share each, so that a pipeline that stands still leaves room for the others; the journal's ring is one for
        // all.
        backpressure = new Backpressure(
                shared.lanes(),
                partitionCount,
                Math.max(1, shared.limits().maxInFlight() / pipelineCount),
                Backpressure.mostPerLane(shared.limits().journalCapacity(), pipelineCount));
        laneWatch = new LaneWatch(
                settings.name(),
                shared.lanes()::laneOf,
                this::whyItStands,
                shared.logger(LaneWatch.class),
                System::nanoTime);
        abandonedChange = new AbandonedChange(
                control, settings.name(), hazelcast, () -> job.allSay("ready"), log, System::nanoTime);
    }

    /** Takes back what an operator has begun and does not finish. */
    public void lookAtChange() {
        abandonedChange.look();
    }

    /** Whether it uses the projector that is named for this member, and that answers. */
    public boolean isReadyAsNamed() {
        return projector.address().equals(control.projector(settings.projector())) && projector.isReady();
    }

    /** What is known of why events may wait; empty where nothing is. */
    private String whyItStands() {
        String store = shared.readiness().storeProblem();
        if (store != null) {
            return store;
        }
        if (!projector.isReady()) {
            return "the projector at " + projector.address() + " is away";
        }
        return job.status().equals("RUNNING") ? WorkersNow.of(ProcessP.THREADS) : "the job is " + job.status();
    }

    /** Asks the projector whether it is there, and says once what is wrong with one that can't be used. */
    public void probe() {
        projector.probe();
        asked = true;
        String problem = projector.problem();
        if (problem != null && !problem.equals(problemSaid)) {
            log.warning(
                    "pipeline " + name() + ": the projector at " + projector.address() + " is not used: " + problem);
        }
        problemSaid = problem;
    }

    /** Takes the projector that operators have named, where it is another; only while no job runs here, or one begins. */
    private synchronized void useNamedProjector() {
        String named = control.projector(settings.projector());
        if (!named.equals(projector.address())) {
            Projector before = projector;
            projector = newProjector(named);
            before.close();
            log.info("pipeline " + name() + ": the projector at " + named + " takes the place of " + before.address());
        }
    }

    /** Sets right what is taken to be in flight, and finds what the journal forgot while there is a job to give it to. */
    public void lookAtPending() {
        Set<String> pending = pendingKeys();
        backpressure.look(pending);
        if (++looks % LOOKS_PER_LANE_WATCH == 0) {
            laneWatch.look(pending, job.isDraining());
        }
        if (!job.isDraining()) {
            reconciler.look(pending);
        }
    }

    /** What operators want of it. */
    public PipelineControl control() {
        return control;
    }

    /** How many of its lanes stand still on this member, and for how long. */
    public JsonObject standing() {
        LaneWatch.Standing found = laneWatch.standing();
        return new JsonObject()
                .add("lanes", found.lanes())
                .add("seconds", LatencyHistogram.decimal(found.seconds()))
                .add("oldestSeconds", LatencyHistogram.decimal(found.oldestSeconds()));
    }

    /** @param problem why it can't be used; null where it can */
    public record Tried(String fingerprint, String problem) {}

    /** Looks whether a projector could be this pipeline's, without making it so. */
    public Tried tryProjector(String address) {
        String[] spread = new String[1];
        try (Projector candidate = new Projector(
                address,
                shared.limits().projectorTimeoutSeconds(),
                told -> spread[0] = aggregates.spread(this, told))) {
            if (!candidate.probe()) {
                return new Tried("", "it does not answer");
            }
            return new Tried(candidate.description().fingerprint(), spread[0]);
        }
    }

    private Projector newProjector(String address) {
        return new Projector(address, shared.limits().projectorTimeoutSeconds(), this::describe);
    }

    private void describe(Description description) {
        aggregates.check(this, description);
        Generations generations = shared.generations();
        generations.appeared(description.code());
        description.views().forEach(generations::declare);
        log.info("pipeline " + name() + ": the projector at " + projector.address() + " is ready: "
                + description.usualReads().size() + " event types, views "
                + description.views().keySet());
    }

    /** {@code host:port} of this member. */
    public String memberAddress() {
        return control.here();
    }

    public String name() {
        return settings.name();
    }

    public EventTypes eventTypes() {
        return settings.eventTypes();
    }

    /** The lane of an aggregate in this pipeline. No two pipelines have a lane in common, so their positions never mix. */
    public int laneOf(String pendingKey) {
        return laneIn(shared.lanes().laneOf(pendingKey));
    }

    public int laneIn(int partition) {
        return settings.number() * partitionCount + partition;
    }

    public Set<String> pendingKeys() {
        return pendingKeys.of(this);
    }

    /** Keys of pending events that an earlier owner of their lane may have stored, and that may not be in the views yet. */
    Set<String> unfinished() {
        return takeover.unfinished(this::pendingKeys, reconciler::has, shared.lanes());
    }

    Takeover takeover() {
        return takeover;
    }

    Shared shared() {
        return shared;
    }

    public Projector projector() {
        return projector;
    }

    public PipelineJob job() {
        return job;
    }

    public PipelineStatistics statistics() {
        return statistics;
    }

    public Reconciler reconciler() {
        return reconciler;
    }

    public Backpressure backpressure() {
        return backpressure;
    }

    boolean isAsked() {
        return asked;
    }

    @Override
    public void close() {
        projector.close();
    }
}
