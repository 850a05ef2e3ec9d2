package io.hazelgate.engine.live;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.jet.Job;
import com.hazelcast.jet.core.JobStatus;
import com.hazelcast.logging.ILogger;
import io.hazelgate.engine.network.AllMembers;
import io.hazelgate.engine.wire.Ids;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A pipeline's job, as a member watches over it, and what of it is under way there. Operators drain it and start it again. */
public final class PipelineJob {
    /** How long a drain waits for what is under way; what is cut short then is done again by the next job. */
    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final long IDLE_MILLIS = 1_000;

    private final Shared shared;
    private final HazelcastInstance hazelcast;
    private final String name;
    private final EventTypes eventTypes;
    private final PipelineControl control;
    private final Runnable useNamedProjector;
    private final AtomicInteger underWay = new AtomicInteger();
    private final ILogger log;
    private volatile String status = "STARTING";
    private volatile boolean draining;
    private long drainingSinceNanos;
    private Job job;

    /** @param useNamedProjector takes the projector that operators have named; called only while no job runs here */
    PipelineJob(Shared shared, PipelineSettings settings, PipelineControl control, Runnable useNamedProjector) {
        this.shared = shared;
        this.control = control;
        this.useNamedProjector = useNamedProjector;
        name = settings.name();
        eventTypes = settings.eventTypes();
        hazelcast = shared.hazelcast();
        log = hazelcast.getLoggingService().getLogger(PipelineJob.class);
    }

    public String status() {
        return status;
    }

    /** Does what operators want: keeps the job running, or drains it. */
    public void look() {
        if (hazelcast.getCluster().getMembers().size() < shared.limits().quorum()) {
            status = "WAITING_FOR_QUORUM";
            return;
        }
        PipelineControl.Status wanted = control.status();
        draining = wanted != PipelineControl.Status.RUNNING;
        switch (wanted) {
            case RUNNING -> run();
            case DRAINING -> {
                status = wanted.name();
                lead();
            }
            case DRAINED -> {
                status = wanted.name();
                drainingSinceNanos = 0;
                cancelJob();
                useNamedProjector.run();
            }
        }
    }

    /** Starts the job where no member has yet. Until it runs after a drain, the pipeline is called drained: events wait all the same. */
    private void run() {
        drainingSinceNanos = 0;
        if (job == null) {
            // Not when the member starts: below the quorum nothing can be read, and this is tried until it can.
            useNamedProjector.run();
        }
        if (job == null || job.getStatus().isTerminal()) {
            job = hazelcast
                    .getJet()
                    .newJobIfAbsent(
                            EventPipeline.build(name, eventTypes),
                            EventPipeline.config(name, shared.limits().quorum() > 1));
        }
        JobStatus now = job.getStatus();
        if (now == JobStatus.RUNNING || !status.equals(PipelineControl.Status.DRAINED.name())) {
            status = now.name();
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
                control.drained();
            }
        }
    }

    private boolean allIdle() {
        return allSay("idle");
    }

    /** Whether all members answer this of themselves. */
    boolean allSay(String what) {
        JsonObject request = new JsonObject().add("action", "idle").add("pipeline", name);
        try {
            return shared.members().ask(Ids.CONTROL_PIPELINE, Json.bytes(request), IDLE_MILLIS).stream()
                    .allMatch(answer -> answer.getBoolean(what, false));
        } catch (AllMembers.NoAnswer e) {
            log.fine("a member does not say how it is; it is asked again", e);
            return false;
        }
    }

    private void cancelJob() {
        if (job == null) {
            job = hazelcast.getJet().getJob(Names.JOB_PREFIX + name);
        }
        if (job != null && !job.getStatus().isTerminal()) {
            try {
                job.cancel();
            } catch (IllegalStateException e) {
                log.fine("the job ends already", e);
            }
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

    public void ended() {
        underWay.updateAndGet(count -> Math.max(0, count - 1));
    }

    /** A job begins on this member: with the projector that operators have named, also where this member never saw it drained. */
    void begins() {
        useNamedProjector.run();
        underWay.set(0);
    }

    /** A job has ended on this member: nothing is under way. */
    void ends() {
        underWay.set(0);
    }

    boolean isDraining() {
        return draining;
    }

    /** Whether it is drained as far as this member is concerned. */
    public boolean isIdle() {
        return draining && underWay.get() == 0;
    }
}
