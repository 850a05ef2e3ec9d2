package io.hazelgate.engine;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.logging.ILogger;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionException;
import io.hazelgate.engine.index.Indexes;
import io.hazelgate.engine.lanes.HeapRoom;
import io.hazelgate.engine.lanes.Lanes;
import io.hazelgate.engine.letters.DeadLetters;
import io.hazelgate.engine.live.Pipeline;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.live.Shared;
import io.hazelgate.engine.live.Standing;
import io.hazelgate.engine.live.Wishes;
import io.hazelgate.engine.log.EventLog;
import io.hazelgate.engine.log.MemoryEventLog;
import io.hazelgate.engine.log.PostgresEventLog;
import io.hazelgate.engine.log.PostgresSettings;
import io.hazelgate.engine.log.Readiness;
import io.hazelgate.engine.log.RecentEvents;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.network.AllMembers;
import io.hazelgate.engine.network.DeafClients;
import io.hazelgate.engine.network.GivenUp;
import io.hazelgate.engine.network.Task.Answerers;
import io.hazelgate.engine.network.Turns;
import io.hazelgate.engine.rebuild.AfterMerge;
import io.hazelgate.engine.rebuild.Bases;
import io.hazelgate.engine.rebuild.OwnedEvents;
import io.hazelgate.engine.rebuild.RebuildRecords;
import io.hazelgate.engine.rebuild.RebuildReport;
import io.hazelgate.engine.rebuild.Rebuilding;
import io.hazelgate.engine.rebuild.Rebuilds;
import io.hazelgate.engine.rebuild.Switching;
import io.hazelgate.engine.restore.ImportWatch;
import io.hazelgate.engine.restore.Importing;
import io.hazelgate.engine.restore.Losses;
import io.hazelgate.engine.restore.Recovery;
import io.hazelgate.engine.snapshot.Settled;
import io.hazelgate.engine.snapshot.SnapshotSettings;
import io.hazelgate.engine.snapshot.Snapshots;
import io.hazelgate.engine.tasks.AggregateEntries;
import io.hazelgate.engine.tasks.ControlPipeline;
import io.hazelgate.engine.tasks.ImportEvents;
import io.hazelgate.engine.tasks.LogPositions;
import io.hazelgate.engine.tasks.OwnPartitions;
import io.hazelgate.engine.tasks.PipelineStats;
import io.hazelgate.engine.tasks.QueryEntries;
import io.hazelgate.engine.tasks.ReadEntries;
import io.hazelgate.engine.tasks.RebuildStep;
import io.hazelgate.engine.tasks.RebuildTask;
import io.hazelgate.engine.tasks.ResolveDeadLetters;
import io.hazelgate.engine.tasks.ScanTurns;
import io.hazelgate.engine.tasks.SubmitEvents;
import io.hazelgate.engine.tasks.TakeWish;
import io.hazelgate.engine.tasks.Vitals;
import io.hazelgate.engine.views.Gate;
import io.hazelgate.engine.views.Generations;
import io.hazelgate.engine.views.Positions;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Here;
import io.hazelgate.engine.wire.Ids;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** What a member has of Hazelgate: its parts, each made of those that it uses, and the watch over them. */
public final class Engine implements AutoCloseable {
    private final HazelcastInstance hazelcast;
    private final Turns turns;
    final Lanes lanes;
    final Store store;
    final Readiness readiness;
    final Indexes indexes;
    final Pipelines pipelines;
    private final DeadLetters deadLetters;
    private final Snapshots snapshots;
    private final RebuildRecords rebuildRecords;
    private final Rebuilds rebuilds;
    private final Recovery recovery;
    private final ImportWatch importWatch;
    private final DeafClients deafClients;
    private final HeapRoom heapRoom;
    private final Losses losses;
    private final RecentEvents recentEvents;
    /** A thread for each that looks: none waits until another has done its work, which may take long. */
    private final ScheduledThreadPoolExecutor watch =
            new ScheduledThreadPoolExecutor(0, task -> new Thread(task, "hazelgate-watch"));

    private final ILogger log;

    public Engine(HazelcastInstance hazelcast, Settings settings) {
        this.hazelcast = hazelcast;
        log = hazelcast.getLoggingService().getLogger(Engine.class);
        PostgresSettings postgres = PostgresSettings.fromEnvironment();
        int recent = postgres == null ? 0 : postgres.recentEvents();
        AllMembers members = new AllMembers(hazelcast);
        turns = new Turns(hazelcast);
        lanes = new Lanes(hazelcast);
        Generations generations = new Generations(hazelcast);
        indexes = new Indexes(hazelcast, generations);
        EventLog eventLog =
                postgres == null ? new MemoryEventLog(hazelcast, indexes) : new PostgresEventLog(postgres, log);
        store = new Store(hazelcast, new Entries(hazelcast), generations, eventLog);
        readiness = new Readiness(eventLog);
        recentEvents =
                new RecentEvents(store, indexes, readiness, recent, postgres == null ? 0 : postgres.recentSeconds());
        Gate gate = new Gate(lanes::given, lanes::reached, generations::look, this::revokeSwitch);
        Positions positions = new Positions(members, gate, lanes);
        Wishes wishes = new Wishes(hazelcast);
        Shared shared = new Shared(store, lanes, gate, turns, readiness, members, wishes, settings.limits());
        pipelines = new Pipelines(shared, settings.pipelines());
        rebuildRecords = new RebuildRecords(hazelcast);
        deadLetters = new DeadLetters(shared, indexes, pipelines, Settings.retries(), rebuildRecords::building);
        snapshots = new Snapshots(shared, positions, pipelines, SnapshotSettings.fromEnvironment());
        OwnedEvents ownedEvents = new OwnedEvents(hazelcast, store.log());
        rebuilds = new Rebuilds(shared, pipelines, snapshots, rebuildRecords);
        Bases bases = new Bases(hazelcast, snapshots, rebuildRecords);
        Settled settled = new Settled(store, positions);
        Switching switching = new Switching(shared, ownedEvents, rebuildRecords, settled, deadLetters, pipelines);
        Rebuilding rebuilding =
                new Rebuilding(shared, ownedEvents, indexes, pipelines, rebuildRecords, bases, switching);
        losses = new Losses(hazelcast, readiness, eventLog.isDurable());
        importWatch = new ImportWatch(shared, losses);
        recovery = new Recovery(
                shared,
                indexes,
                pipelines,
                snapshots,
                deadLetters,
                losses,
                importWatch,
                rebuilds,
                rebuildRecords,
                recent);
        Importing importing = new Importing(shared, pipelines, rebuilds, rebuildRecords, importWatch);
        ScanTurns scans = new ScanTurns();
        OwnPartitions partitions = new OwnPartitions(hazelcast);
        GivenUp givenUp = new GivenUp(log);
        deafClients = new DeafClients(hazelcast);
        heapRoom = new HeapRoom(log);
        Vitals vitals = new Vitals(hazelcast, store.log(), snapshots, losses, heapRoom, settings.expectedMembers());
        Here.put(
                hazelcast,
                new Answerers(
                        Map.ofEntries(
                                Map.entry(
                                        Ids.SUBMIT_EVENTS, new SubmitEvents(store, lanes, pipelines, heapRoom, false)),
                                Map.entry(
                                        Ids.FORWARDED_EVENTS,
                                        new SubmitEvents(store, lanes, pipelines, heapRoom, true)),
                                Map.entry(Ids.READ_ENTRIES, new ReadEntries(store)),
                                Map.entry(Ids.SELECT_ENTRIES, new ReadEntries(store)),
                                Map.entry(Ids.QUERY_ENTRIES, new QueryEntries(store, indexes, partitions, scans)),
                                Map.entry(Ids.AGGREGATE_ENTRIES, new AggregateEntries(indexes, partitions, scans)),
                                Map.entry(Ids.TAKE_WISH, new TakeWish(wishes)),
                                Map.entry(Ids.LOG_POSITIONS, new LogPositions(new Standing(shared, pipelines))),
                                Map.entry(
                                        Ids.PIPELINE_STATS,
                                        new PipelineStats(
                                                hazelcast,
                                                pipelines,
                                                readiness,
                                                givenUp,
                                                deafClients,
                                                heapRoom,
                                                vitals)),
                                Map.entry(Ids.CONTROL_PIPELINE, new ControlPipeline(pipelines)),
                                Map.entry(Ids.RESOLVE_DEAD_LETTERS, new ResolveDeadLetters(deadLetters)),
                                Map.entry(
                                        Ids.REBUILD,
                                        new RebuildTask(
                                                rebuilds,
                                                new RebuildReport(store, ownedEvents, rebuildRecords),
                                                snapshots,
                                                losses)),
                                Map.entry(Ids.REBUILD_STEP, new RebuildStep(hazelcast, positions, rebuilding)),
                                Map.entry(Ids.IMPORT_EVENTS, new ImportEvents(importing, importWatch))),
                        givenUp));
    }

    /** Starts the pipelines' jobs where no member has yet, and watches over them. */
    public void start() {
        every(250, lanes::look);
        every(250, turns::look);
        every(1_000, store.generations()::look);
        every(1_000, deafClients::look);
        every(250, heapRoom::look);
        every(1_000, this::lookAtIndexes);
        if (store.log() instanceof PostgresEventLog postgres) {
            every(1_000, postgres::probe);
        }
        every(250, recovery::look);
        every(500, importWatch::look);
        every(1_000, losses::look);
        every(1_000, recentEvents::look);
        for (Pipeline pipeline : pipelines.all()) {
            every(1_000, pipeline::lookAtPending);
            every(200, pipeline.job()::look);
            every(1_000, pipeline::probe);
            every(1_000, pipeline::lookAtChange);
        }
        every(2_000, rebuilds::look);
        every(1_000, snapshots::look);
        every(1_000, new AfterMerge(hazelcast, rebuilds, rebuildRecords)::look);
        every(100, deadLetters::look);
    }

    /** The leader of a rebuild that is not heard of may wake up when the gates are open: it switches nothing then. */
    private void revokeSwitch(String rebuild) {
        store.generations().all().keySet().forEach(view -> turns.revoke(Generations.turnOf(turns, view), rebuild));
    }

    /** What is being restored gets its indexes at the end. */
    private void lookAtIndexes() {
        if (readiness.restoringProblem() == null) {
            indexes.look();
        }
    }

    private void every(long millis, Runnable task) {
        watch.setCorePoolSize(watch.getCorePoolSize() + 1);
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

    @Override
    public void close() {
        watch.shutdownNow();
        heapRoom.close();
        pipelines.close();
        store.log().close();
    }
}
