package io.hazelgate.engine;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.logging.ILogger;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionException;
import io.hazelgate.engine.index.Indexes;
import io.hazelgate.engine.lanes.Lanes;
import io.hazelgate.engine.letters.DeadLetters;
import io.hazelgate.engine.live.Aggregates;
import io.hazelgate.engine.live.EventTypes;
import io.hazelgate.engine.live.PendingKeys;
import io.hazelgate.engine.live.Pipeline;
import io.hazelgate.engine.live.PipelineSettings;
import io.hazelgate.engine.log.EventLog;
import io.hazelgate.engine.log.MemoryEventLog;
import io.hazelgate.engine.log.PostgresEventLog;
import io.hazelgate.engine.log.PostgresSettings;
import io.hazelgate.engine.log.RecentEvents;
import io.hazelgate.engine.network.Turns;
import io.hazelgate.engine.rebuild.AfterMerge;
import io.hazelgate.engine.rebuild.Rebuilds;
import io.hazelgate.engine.restore.Importing;
import io.hazelgate.engine.restore.Recovery;
import io.hazelgate.engine.snapshot.SnapshotSettings;
import io.hazelgate.engine.snapshot.Snapshots;
import io.hazelgate.engine.views.Gate;
import io.hazelgate.engine.views.Generations;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Names;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What a member has of Hazelgate: its lanes, its pipelines, and the watch over them. */
public final class Engine implements AutoCloseable {
    private static final String CONTEXT_KEY = "hazelgate";

    private final HazelcastInstance hazelcast;
    private final Settings settings;
    private final Entries entries;
    private final Turns turns;
    private final Lanes lanes;
    private final EventLog eventLog;
    private final Recovery recovery;
    private final Importing importing;
    private final RecentEvents recentEvents;
    private final Generations generations;
    private final Indexes indexes;
    private final Gate gate;
    private final Aggregates aggregates = new Aggregates(this);
    private final List<Pipeline> pipelines;
    private final Rebuilds rebuilds;
    private final DeadLetters deadLetters;
    private final Snapshots snapshots;
    private final ScheduledExecutorService watch =
            Executors.newScheduledThreadPool(8, task -> new Thread(task, "hazelgate-watch"));
    private final ILogger log;

    public Engine(HazelcastInstance hazelcast, Settings settings) {
        this.hazelcast = hazelcast;
        this.settings = settings;
        log = hazelcast.getLoggingService().getLogger(Engine.class);
        entries = new Entries(hazelcast);
        turns = new Turns(hazelcast);
        lanes = new Lanes(hazelcast);
        generations = new Generations(hazelcast);
        gate = new Gate(lanes::given, lanes::reached, generations::look);
        PostgresSettings postgres = PostgresSettings.fromEnvironment();
        indexes = new Indexes(hazelcast, generations);
        eventLog = postgres == null ? new MemoryEventLog(hazelcast, indexes) : new PostgresEventLog(postgres, log);
        int recent = postgres == null ? 0 : postgres.recentEvents();
        recovery = new Recovery(this, recent);
        importing = new Importing(this);
        recentEvents = new RecentEvents(this, recent, postgres == null ? 0 : postgres.recentSeconds());
        PendingKeys pendingKeys = new PendingKeys(hazelcast.getMap(Names.PENDING_EVENTS), entries);
        List<Pipeline> made = new ArrayList<>();
        for (PipelineSettings one : settings.pipelines()) {
            made.add(new Pipeline(this, one, pendingKeys, settings.pipelines().size()));
        }
        pipelines = List.copyOf(made);
        rebuilds = new Rebuilds(this);
        deadLetters = new DeadLetters(this);
        snapshots = new Snapshots(this, SnapshotSettings.fromEnvironment());
        hazelcast.getUserContext().put(CONTEXT_KEY, this);
    }

    /** The engine of this member. */
    public static Engine of(HazelcastInstance hazelcast) {
        return (Engine) hazelcast.getUserContext().get(CONTEXT_KEY);
    }

    /** Starts the pipelines' jobs where no member has yet, and watches over them. */
    public void start() {
        every(250, lanes::look);
        every(250, turns::look);
        every(1_000, generations::look);
        every(1_000, this::lookAtIndexes);
        if (eventLog instanceof PostgresEventLog postgres) {
            every(1_000, postgres::probe);
        }
        every(250, recovery::look);
        every(500, importing::look);
        every(1_000, recentEvents::look);
        for (Pipeline pipeline : pipelines) {
            every(1_000, pipeline::lookAtPending);
            every(200, pipeline::look);
            every(1_000, pipeline::probe);
        }
        every(2_000, rebuilds::look);
        every(1_000, snapshots::look);
        every(1_000, new AfterMerge(hazelcast, rebuilds)::look);
        every(100, deadLetters::look);
    }

    /** What is being restored gets its indexes at the end. */
    private void lookAtIndexes() {
        if (recovery.problem() == null) {
            indexes.look();
        }
    }

    private void every(long millis, Runnable task) {
        watch.scheduleWithFixedDelay(
                () -> {
                    try {
                        task.run();
                    } catch (HazelcastInstanceNotActiveException e) {
                        log.fine("the member is going", e);
                    } catch (SplitBrainProtectionException e) {
                        // Said once, by whoever counts the members.
                        log.fine("the quorum is missing", e);
                    } catch (RuntimeException e) {
                        log.warning("the watch over the pipelines failed once", e);
                    }
                },
                0,
                millis,
                TimeUnit.MILLISECONDS);
    }

    public HazelcastInstance hazelcast() {
        return hazelcast;
    }

    public Settings settings() {
        return settings;
    }

    public Entries entries() {
        return entries;
    }

    /** Who is at what only one may do at a time. */
    public Turns turns() {
        return turns;
    }

    public Lanes lanes() {
        return lanes;
    }

    /** Which map holds each view. */
    public Generations generations() {
        return generations;
    }

    /** By what the maps are sorted. */
    public Indexes indexes() {
        return indexes;
    }

    public Rebuilds rebuilds() {
        return rebuilds;
    }

    public Snapshots snapshots() {
        return snapshots;
    }

    /** What whoever writes into views passes. */
    public Gate gate() {
        return gate;
    }

    public EventLog eventLog() {
        return eventLog;
    }

    /** What comes before the first event. */
    public Recovery recovery() {
        return recovery;
    }

    /** A log that is taken into this cluster. */
    public Importing importing() {
        return importing;
    }

    /** Why nothing can be stored just now, in a sentence; null when all is well. */
    public String storeProblem() {
        return Stream.of(eventLog.problem(), viewsProblem())
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /** Why the live views do not hold all of the log yet, in a sentence; null where they do. */
    public String viewsProblem() {
        return Stream.of(recovery.problem(), importing.problem())
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /** Returns when events may be processed: views are restored, and no log is imported. */
    public void awaitStore() throws InterruptedException {
        recovery.await();
        importing.await();
    }

    /** Whether each pipeline has somebody to fold its events here. */
    public boolean projectorsAreReady() {
        return pipelines.stream().allMatch(pipeline -> pipeline.projector().isReady());
    }

    /** All pipelines, by number. */
    public List<Pipeline> pipelines() {
        return pipelines;
    }

    /**
     * The pipeline of that name.
     *
     * @throws IllegalArgumentException where this member has none
     */
    public Pipeline pipeline(String name) {
        return pipelines.stream()
                .filter(pipeline -> pipeline.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no pipeline " + name + " on member "
                        + hazelcast.getCluster().getLocalMember().getAddress() + "; it has "
                        + pipelines.stream().map(Pipeline::name).toList()
                        + ". All members have to be started with the same --pipeline options"));
    }

    /** What resolves dead letters. */
    public DeadLetters deadLetters() {
        return deadLetters;
    }

    /** The pipeline that takes events of a type; null where none does. */
    public Pipeline pipelineFor(String eventType) {
        for (Pipeline pipeline : pipelines) {
            if (pipeline.eventTypes().includes(eventType)) {
                return pipeline;
            }
        }
        return null;
    }

    /** The pipeline to which a pending event comes, be it only to be refused there. */
    public Pipeline receiverOf(byte[] envelope) {
        if (pipelines.size() > 1) {
            String eventType = EventTypes.ofEnvelope(new String(envelope, StandardCharsets.UTF_8));
            for (Pipeline pipeline : pipelines) {
                if (pipeline.eventTypes().receives(eventType)) {
                    return pipeline;
                }
            }
        }
        return pipelines.get(0);
    }

    public Aggregates aggregates() {
        return aggregates;
    }

    @Override
    public void close() {
        watch.shutdownNow();
        pipelines.forEach(Pipeline::close);
        eventLog.close();
    }
}
