package io.hazelgate.engine.live;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.jet.Job;
import com.hazelcast.jet.core.JobStatus;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.lanes.Backpressure;
import io.hazelgate.engine.projector.Description;
import io.hazelgate.engine.projector.Projector;
import io.hazelgate.engine.views.Generations;
import io.hazelgate.engine.wire.Ids;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What one configured pipeline is on this member: its event types, its projector, its share of what may be in flight, its
 * statistics, and the watch over its job. Pipelines share the maps and nothing else.
 */
public final class Pipeline implements AutoCloseable {
    /** How long a drain waits for what is under way; what is cut short then is done again by the next job. */
    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final long IDLE_MILLIS = 1_000;

    private final Shared shared;
    private final HazelcastInstance hazelcast;
    private final Aggregates aggregates;
    private final PipelineSettings settings;
    private final int partitionCount;
    private final PipelineControl control;
    private final AtomicInteger underWay = new AtomicInteger();
    private final PendingKeys pendingKeys;
    private final PipelineStatistics statistics = new PipelineStatistics();
    private final Reconciler reconciler;
    private final Backpressure backpressure;
    private final ILogger log;
    private volatile String jobStatus = "STARTING";
    private volatile Projector projector;
    private volatile boolean asked;
    private volatile boolean draining;
    private long drainingSinceNanos;
    private Job job;
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
        hazelcast = shared.store().hazelcast();
        log = hazelcast.getLoggingService().getLogger(Pipeline.class);
        partitionCount = hazelcast.getPartitionService().getPartitions().size();
        IMap<String, HazelcastJsonValue> pendingEvents = hazelcast.getMap(Names.PENDING_EVENTS);
        control = new PipelineControl(hazelcast, settings.name());
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

    /** Does what operators want: keeps the job running, or drains it. */
    public void look() {
        if (hazelcast.getCluster().getMembers().size() < shared.limits().quorum()) {
            jobStatus = "WAITING_FOR_QUORUM";
            return;
        }
        PipelineControl.Status wanted = control.status();
        draining = wanted != PipelineControl.Status.RUNNING;
        switch (wanted) {
            case RUNNING -> run();
            case DRAINING -> {
                jobStatus = wanted.name();
                lead();
            }
            case DRAINED -> {
                jobStatus = wanted.name();
                drainingSinceNanos = 0;
                cancelJob();
                useNamedProjector();
            }
        }
    }

    /** Starts the job where no member has yet. Until it runs after a drain, the pipeline is called drained: events wait all the same. */
    private void run() {
        drainingSinceNanos = 0;
        if (job == null) {
            // Not when the member starts: below the quorum nothing can be read, and this is tried until it can.
            useNamedProjector();
        }
        if (job == null || job.getStatus().isTerminal()) {
            job = hazelcast
                    .getJet()
                    .newJobIfAbsent(
                            EventPipeline.build(name(), eventTypes()),
                            EventPipeline.config(name(), shared.limits().quorum() > 1));
        }
        JobStatus status = job.getStatus();
        if (status == JobStatus.RUNNING || !jobStatus.equals(PipelineControl.Status.DRAINED.name())) {
            jobStatus = status.name();
        }
    }

    /** The oldest member waits until all have finished what is under way, or have had the time to, and cancels the job. */
    private void lead() {
        long now = System.nanoTime();
        if (drainingSinceNanos == 0) {
            drainingSinceNanos = now;
        }
        Member oldest = hazelcast.getCluster().getMembers().iterator().next();
        if (oldest.localMember() && (allIdle() || now - drainingSinceNanos > DRAIN_NANOS)) {
            cancelJob();
            if (job == null || job.getStatus().isTerminal()) {
                control.change(PipelineControl.Status.DRAINING, PipelineControl.Status.DRAINED);
            }
        }
    }

    private boolean allIdle() {
        JsonObject request = new JsonObject().add("action", "idle").add("pipeline", name());
        try {
            return shared.members().ask(Ids.CONTROL_PIPELINE, Json.bytes(request), IDLE_MILLIS).stream()
                    .allMatch(answer -> answer.getBoolean("idle", false));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException e) {
            log.fine("a member does not say whether it is idle; it is asked again", e);
            return false;
        }
    }

    private void cancelJob() {
        if (job == null) {
            job = hazelcast.getJet().getJob(Names.JOB_PREFIX + name());
        }
        if (job != null && !job.getStatus().isTerminal()) {
            try {
                job.cancel();
            } catch (IllegalStateException e) {
                log.fine("the job ends already", e);
            }
        }
    }

    /** Takes the projector that operators have named, where it is another; only while no job runs here. */
    private void useNamedProjector() {
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
        if (!draining) {
            reconciler.look(pending);
        }
    }

    /** Whether a batch may begin; it ends with {@link #ended}. While the pipeline is drained none may. */
    public boolean begin() {
        underWay.incrementAndGet();
        if (draining) {
            ended();
            return false;
        }
        return true;
    }

    /** Something more is under way, of a batch that has begun. */
    public void entered() {
        underWay.incrementAndGet();
    }

    /** Something that began or entered is done. */
    public void ended() {
        underWay.updateAndGet(count -> Math.max(0, count - 1));
    }

    /** A job begins or ends on this member: nothing is under way. */
    public void reset() {
        underWay.set(0);
    }

    public boolean isIdle() {
        return draining && underWay.get() == 0;
    }

    /** Lets what is under way finish, on all members, and then cancels the job. */
    public void drain() {
        control.change(PipelineControl.Status.RUNNING, PipelineControl.Status.DRAINING);
    }

    /**
     * Runs the job again.
     *
     * @throws IllegalArgumentException while it is being drained
     */
    public void start() {
        if (!control.change(PipelineControl.Status.DRAINED, PipelineControl.Status.RUNNING)) {
            throw new IllegalArgumentException("pipeline " + name() + " is being drained: start it when that is done");
        }
    }

    /** Names another projector for a drained pipeline: for one member, by its {@code host:port}, or for all ({@code *}). */
    public void switchProjector(String member, String address) {
        control.nameProjector(member, address);
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
        Generations generations = shared.store().generations();
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

    public PipelineSettings settings() {
        return settings;
    }

    public EventTypes eventTypes() {
        return settings.eventTypes();
    }

    /** The lane of an aggregate in this pipeline. No two pipelines have a lane in common, so their positions never mix. */
    public int laneOf(String pendingKey) {
        return laneIn(shared.lanes().laneOf(pendingKey));
    }

    /** This pipeline's lane in a partition. */
    public int laneIn(int partition) {
        return settings.number() * partitionCount + partition;
    }

    /** The keys of its pending events that are on this member. */
    public Set<String> pendingKeys() {
        return pendingKeys.of(this);
    }

    Shared shared() {
        return shared;
    }

    public Projector projector() {
        return projector;
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

    /** Whether the projector was asked whether it is there. */
    boolean isAsked() {
        return asked;
    }

    public String jobStatus() {
        return jobStatus;
    }

    @Override
    public void close() {
        projector.close();
    }
}
