package io.hazelgate.engine;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.jet.Job;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.pipeline.EventPipeline;
import io.hazelgate.engine.projector.Description;
import io.hazelgate.engine.projector.Projector;
import io.hazelgate.engine.views.Generations;
import java.util.Set;

/**
 * What one configured pipeline is on this member: its event types, its projector, its share of what may be in flight, its
 * statistics, and the watch over its job. Pipelines share the maps and nothing else.
 */
public final class Pipeline implements AutoCloseable {
    private final Engine engine;
    private final PipelineSettings settings;
    private final int partitionCount;
    private final Projector projector;
    private final PendingKeys pendingKeys;
    private final PipelineStatistics statistics = new PipelineStatistics();
    private final Reconciler reconciler;
    private final Backpressure backpressure;
    private final ILogger log;
    private volatile String jobStatus = "STARTING";
    private Job job;
    private String problemSaid;

    Pipeline(Engine engine, PipelineSettings settings, PendingKeys pendingKeys, int pipelineCount) {
        this.engine = engine;
        this.settings = settings;
        this.pendingKeys = pendingKeys;
        HazelcastInstance hazelcast = engine.hazelcast();
        log = hazelcast.getLoggingService().getLogger(Pipeline.class);
        partitionCount = hazelcast.getPartitionService().getPartitions().size();
        IMap<String, HazelcastJsonValue> pendingEvents = hazelcast.getMap(Names.PENDING_EVENTS);
        projector = new Projector(settings.projector(), engine.settings().projectorTimeoutSeconds(), this::describe);
        reconciler = new Reconciler(pendingEvents, this::pendingKeys, engine.entries(), statistics);
        // A share each, so that a pipeline that stands still leaves room for the others; the journal's ring is one for
        // all.
        backpressure = new Backpressure(
                engine.lanes(),
                partitionCount,
                Math.max(1, engine.settings().maxInFlight() / pipelineCount),
                Backpressure.mostPerLane(engine.settings().journalCapacity(), pipelineCount));
    }

    /** Asks the projector whether it is there, and says once what is wrong with one that can't be used. */
    void probe() {
        projector.probe();
        String problem = projector.problem();
        if (problem != null && !problem.equals(problemSaid)) {
            log.warning(
                    "pipeline " + name() + ": the projector at " + projector.address() + " is not used: " + problem);
        }
        problemSaid = problem;
    }

    /** Starts the job where no member has yet. */
    void watchJob() {
        if (engine.hazelcast().getCluster().getMembers().size()
                < engine.settings().quorum()) {
            jobStatus = "WAITING_FOR_QUORUM";
            return;
        }
        if (job == null || job.getStatus().isTerminal()) {
            job = engine.hazelcast()
                    .getJet()
                    .newJobIfAbsent(
                            EventPipeline.build(name(), eventTypes()),
                            EventPipeline.config(name(), engine.settings().quorum() > 1));
        }
        jobStatus = job.getStatus().name();
    }

    private void describe(Description description) {
        engine.aggregates().check(this, description);
        Generations generations = engine.generations();
        generations.appeared(description.views().keySet());
        description.views().forEach((view, indexes) -> generations.addIndexes(generations.liveMap(view), indexes));
        log.info("pipeline " + name() + ": the projector at " + projector.address() + " is ready: "
                + description.usualReads().size() + " event types, views "
                + description.views().keySet());
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
        return settings.number() * partitionCount + engine.lanes().laneOf(pendingKey);
    }

    /** The keys of its pending events that are on this member. */
    public Set<String> pendingKeys() {
        return pendingKeys.of(this);
    }

    /** Sets right what is taken to be in flight. */
    void countPending() {
        backpressure.look(pendingKeys());
    }

    public Engine engine() {
        return engine;
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

    public String jobStatus() {
        return jobStatus;
    }

    @Override
    public void close() {
        projector.close();
    }
}
