package io.hazelgate.engine;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.jet.Job;
import com.hazelcast.jet.core.JobStatus;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.entries.Entries;
import io.hazelgate.engine.pipeline.EventPipeline;
import io.hazelgate.engine.projector.Description;
import io.hazelgate.engine.projector.Projector;
import io.hazelgate.engine.views.Gate;
import io.hazelgate.engine.views.Generations;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** What a member has of Hazelgate: its projector, its lanes, its statistics, and the watch over the pipeline's job. */
public final class Engine implements AutoCloseable {
    private static final String CONTEXT_KEY = "hazelgate";

    private final HazelcastInstance hazelcast;
    private final Settings settings;
    private final Projector projector;
    private final Entries entries;
    private final Lanes lanes;
    private final Generations generations;
    private final Gate gate;
    private final PipelineStatistics statistics = new PipelineStatistics();
    private final Reconciler reconciler;
    private final Backpressure backpressure;
    private final ScheduledExecutorService watch =
            Executors.newScheduledThreadPool(4, task -> new Thread(task, "hazelgate-watch"));
    private final ILogger log;
    private volatile String jobStatus = "STARTING";
    private Job job;

    public Engine(HazelcastInstance hazelcast, Settings settings) {
        this.hazelcast = hazelcast;
        this.settings = settings;
        log = hazelcast.getLoggingService().getLogger(Engine.class);
        IMap<String, HazelcastJsonValue> pendingEvents = hazelcast.getMap(Names.PENDING_EVENTS);
        entries = new Entries(hazelcast);
        lanes = new Lanes(hazelcast);
        generations = new Generations(hazelcast);
        gate = new Gate(lanes::reached, generations::look);
        projector = new Projector(settings.projector(), this::describe);
        reconciler = new Reconciler(pendingEvents, entries, statistics);
        backpressure = new Backpressure(
                pendingEvents,
                lanes,
                hazelcast.getPartitionService().getPartitions().size(),
                settings.maxInFlight());
        hazelcast.getUserContext().put(CONTEXT_KEY, this);
    }

    /** The engine of this member. */
    public static Engine of(HazelcastInstance hazelcast) {
        return (Engine) hazelcast.getUserContext().get(CONTEXT_KEY);
    }

    /** Starts the pipeline's job where no member has yet, and watches over it. */
    public void start() {
        every(500, backpressure::look);
        every(250, lanes::look);
        every(1_000, generations::look);
        every(1_000, reconciler::look);
        every(500, this::watchJob);
        every(1_000, projector::probe);
    }

    private void every(long millis, Runnable task) {
        watch.scheduleWithFixedDelay(
                () -> {
                    try {
                        task.run();
                    } catch (HazelcastInstanceNotActiveException e) {
                        log.fine("the member is going", e);
                    } catch (RuntimeException e) {
                        log.warning("the watch over the pipeline failed once", e);
                    }
                },
                0,
                millis,
                TimeUnit.MILLISECONDS);
    }

    private void watchJob() {
        if (job == null || job.getStatus().isTerminal()) {
            job = hazelcast.getJet().newJobIfAbsent(EventPipeline.build(), EventPipeline.config());
        }
        JobStatus status = job.getStatus();
        jobStatus = status.name();
    }

    private void describe(Description description) {
        generations.appeared(description.views().keySet());
        description.views().forEach((view, indexes) -> generations.addIndexes(generations.liveMap(view), indexes));
        log.info("the projector at " + projector.address() + " is ready: "
                + description.usualReads().size() + " event types, views "
                + description.views().keySet());
    }

    public HazelcastInstance hazelcast() {
        return hazelcast;
    }

    public Settings settings() {
        return settings;
    }

    public Projector projector() {
        return projector;
    }

    public Entries entries() {
        return entries;
    }

    public Lanes lanes() {
        return lanes;
    }

    /** Which map holds each view. */
    public Generations generations() {
        return generations;
    }

    /** What whoever writes into views passes. */
    public Gate gate() {
        return gate;
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
        watch.shutdownNow();
        projector.close();
    }
}
