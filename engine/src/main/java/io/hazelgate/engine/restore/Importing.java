package io.hazelgate.engine.restore;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.fold.Decisions;
import io.hazelgate.engine.lanes.Lanes;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.log.KnownRecord;
import io.hazelgate.engine.log.Readiness;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.log.StoreKey;
import io.hazelgate.engine.log.StoredEvent;
import io.hazelgate.engine.network.AllMembers;
import io.hazelgate.engine.network.Turns;
import io.hazelgate.engine.network.Turns.Turn;
import io.hazelgate.engine.projector.ProjectorAway;
import io.hazelgate.engine.projector.ProjectorFailed;
import io.hazelgate.engine.rebuild.RebuildRecords;
import io.hazelgate.engine.rebuild.Rebuilds;
import io.hazelgate.engine.views.Gate;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Ids;
import io.hazelgate.engine.wire.Names;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Takes a log into a cluster that keeps its events in memory and has none yet.
 *
 * <p>From its beginning to its end no batch is processed, on any member: new events are refused, what is pending waits. The events come
 * page by page, in the order of the log, and are folded into views and heads as they come. One that can't be taken, or that
 * nobody goes on with, is undone: the cluster is empty again, as it was. The state is in the map {@code recovery}, and whoever
 * changes it or writes for it has its turn.
 */
public final class Importing {
    /** What every member is asked for: no batch is processed from now on, and how the import stands has changed. */
    public static final String HOLD = "hold";

    public static final String LOOK = "look";

    private static final String KEY = "import";
    private static final long TURN_MILLIS = 60_000;
    private static final long HOLD_MILLIS = 3_000;
    private static final long ANSWER_MILLIS = 10_000;
    /** An import that nobody goes on with for so long is undone. */
    private static final long ABANDONED_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Store store;
    private final Lanes lanes;
    private final Gate gate;
    private final Turns turns;
    private final AllMembers members;
    private final Pipelines pipelines;
    private final Rebuilds rebuilds;
    private final RebuildRecords records;
    private final Readiness readiness;
    private final HazelcastInstance hazelcast;
    private final IMap<String, String> shared;
    private final ILogger log;
    /** What the map says, as far as it is known here; until it was read once nothing is processed. */
    private State state;

    private boolean known;
    private long changedAtNanos;

    /**
     * @param empty whether it is known that there were no events: before that there is nothing to undo
     * @param cursor of the last event
     */
    private record State(String id, boolean empty, long events, String cursor) {
        static State of(String json) {
            if (json == null) {
                return null;
            }
            JsonObject object = com.hazelcast.internal.json.Json.parse(json).asObject();
            return new State(
                    object.getString("id", ""),
                    object.getBoolean("empty", false),
                    object.getLong("events", 0),
                    object.getString("cursor", ""));
        }

        String toJson() {
            return new JsonObject()
                    .add("id", id)
                    .add("empty", empty)
                    .add("events", events)
                    .add("cursor", cursor)
                    .toString();
        }
    }

    public Importing(
            Store store,
            Lanes lanes,
            Gate gate,
            Turns turns,
            AllMembers members,
            Pipelines pipelines,
            Rebuilds rebuilds,
            RebuildRecords records,
            Readiness readiness) {
        this.store = store;
        this.lanes = lanes;
        this.gate = gate;
        this.turns = turns;
        this.members = members;
        this.pipelines = pipelines;
        this.rebuilds = rebuilds;
        this.records = records;
        this.readiness = readiness;
        hazelcast = store.hazelcast();
        shared = hazelcast.getMap(Names.RECOVERY);
        log = hazelcast.getLoggingService().getLogger(Importing.class);
    }

    // ------------------------------------------------------------ on every member

    /** Reads how it stands, and undoes an import that nobody goes on with. */
    public void look() {
        State now = State.of(shared.get(KEY));
        learn(now);
        if (now != null && isAbandoned()) {
            try (Turn turn = turns.take(KEY)) {
                if (turn != null && now.equals(State.of(shared.get(KEY)))) {
                    log.warning(
                            "import " + now.id + " is undone: nobody went on with it after " + now.events + " events");
                    undo(now);
                }
            }
        }
    }

    private synchronized void learn(State now) {
        if (state != null && now == null) {
            // What is stored from now on comes behind what was imported.
            lanes.learnAnew();
        }
        if (!known || !Objects.equals(state, now)) {
            changedAtNanos = System.nanoTime();
        }
        state = now;
        known = true;
        readiness.importing(now == null ? null : "a log is being imported: " + now.events + " events so far");
    }

    private synchronized boolean isAbandoned() {
        return System.nanoTime() - changedAtNanos > ABANDONED_NANOS;
    }

    /** Waits until no batch is under way here; later ones wait for the end of the import. */
    public boolean hold(String id) throws InterruptedException {
        look();
        try {
            return gate.close(KEY + id, () -> true, HOLD_MILLIS, 0);
        } finally {
            gate.open(KEY + id);
        }
    }

    // ------------------------------------------------------------ what operators ask for

    /**
     * Begins: from now on nothing else is stored.
     *
     * @return the id of the import
     * @throws IllegalArgumentException the cluster can't take a log in; nothing has changed
     * @throws IllegalStateException this member has just started: another one may know more
     */
    public String begin() throws InterruptedException {
        readiness.requireKnown();
        if (store.log().isDurable()) {
            throw new IllegalArgumentException(
                    "this cluster keeps its events in PostgreSQL: stop its members, and import there, "
                            + "without --into-cluster");
        }
        if (!pipelines.areKnownToBeReady()) {
            throw new IllegalArgumentException("the projector is away: it has to fold what is imported");
        }
        return alone(() -> {
            State running = State.of(shared.get(KEY));
            if (running != null) {
                throw new IllegalArgumentException("another import is under way, " + running.events
                        + " events so far. One that was broken off is undone after a minute: try again then");
            }
            String building = records.building("*");
            if (building != null) {
                throw new IllegalArgumentException("rebuild " + building + " is under way: let it end, or cancel it");
            }
            State begun = new State(UUID.randomUUID().toString(), false, 0, "");
            shared.set(KEY, begun.toJson());
            try {
                holdAll(begun.id);
                int events = hazelcast.getMap(Names.EVENT_STORE).size();
                if (events > 0) {
                    throw new IllegalArgumentException(
                            "the cluster has " + events + " events already: import into one that has none");
                }
                dropEarlierGenerations();
            } catch (RuntimeException e) {
                shared.delete(KEY);
                tellAll();
                throw e;
            }
            shared.set(KEY, new State(begun.id, true, 0, "").toJson());
            look();
            log.info("import " + begun.id + " begins");
            return begun.id;
        });
    }

    /** What a rollback would go on from does not have what was imported. */
    private void dropEarlierGenerations() {
        store.generations().all().keySet().forEach(rebuilds::drop);
    }

    /**
     * Takes the next events.
     *
     * @param before how many were taken before these
     * @return how many were taken by now; the same answer again where these were taken already
     * @throws IllegalArgumentException one of them can't be taken: the import is to be undone
     */
    public long take(String id, long before, List<StoredEvent> events) throws InterruptedException {
        return alone(() -> {
            State now = require(id);
            String last = events.get(events.size() - 1).cursor();
            if (now.events == before + events.size() && now.cursor.equals(last)) {
                return now.events;
            }
            if (now.events != before) {
                throw new IllegalArgumentException(
                        now.events + " events were imported, and others come behind " + before + ": begin anew");
            }
            requireNoGap(events);
            store(events);
            try (Restorer restorer = new Restorer(store, pipelines, Decisions.NONE)) {
                restorer.fold(events);
            } catch (ProjectorAway | ProjectorFailed e) {
                throw new IllegalArgumentException(e.getMessage(), e);
            }
            shared.set(KEY, new State(id, true, before + events.size(), last).toJson());
            look();
            return before + events.size();
        });
    }

    /** The numbers of an aggregate go on where they were. */
    private void requireNoGap(List<StoredEvent> events) {
        Map<String, StoreKey> firsts = new HashMap<>();
        Map<String, Long> lasts = new HashMap<>();
        for (StoredEvent event : events) {
            StoreKey key = StoreKey.of(event.record());
            String aggregate = key.aggregateType() + '@' + key.aggregateId();
            Long last = lasts.put(aggregate, key.sequence());
            if (last == null) {
                firsts.put(aggregate, key);
            } else if (key.sequence() != last + 1) {
                throw gap(key, last);
            }
        }
        Map<String, StoreKey> predecessors = new HashMap<>();
        for (StoreKey first : firsts.values()) {
            if (first.sequence() != 1) {
                StoreKey before = new StoreKey(first.aggregateType(), first.sequence() - 1, first.aggregateId());
                predecessors.put(before.toString(), first);
            }
        }
        store.entries().read(Names.EVENT_STORE, predecessors.keySet()).join().forEach((key, record) -> {
            if (record == null) {
                throw gap(predecessors.get(key), null);
            }
        });
    }

    private static IllegalArgumentException gap(StoreKey key, Long last) {
        return new IllegalArgumentException(key.aggregateType() + ' ' + key.aggregateId() + " would have its event "
                + key.sequence() + " behind " + (last == null ? "a gap" : "event " + last)
                + ": import the whole log, in its order");
    }

    private void store(List<StoredEvent> events) {
        List<Change> ids = new ArrayList<>(events.size());
        List<Change> records = new ArrayList<>(events.size());
        for (StoredEvent event : events) {
            KnownRecord known = new KnownRecord(event.record(), event.payloadHash());
            ids.add(Change.setIfSame(known.eventId(), null, known.idRecord()));
            records.add(Change.setIfSame(StoreKey.of(event.record()).toString(), null, event.record()));
        }
        requireFree(ids, Names.EVENT_IDS, "another event has the id ");
        requireFree(records, Names.EVENT_STORE, "another event has the place ");
    }

    private void requireFree(List<Change> changes, String map, String problem) {
        store.entries().change(map, changes).join().keySet().stream()
                .findFirst()
                .ifPresent(key -> {
                    throw new IllegalArgumentException(problem + key);
                });
    }

    /** Ends it: the cluster takes new events, behind these. */
    public void end(String id, long events) throws InterruptedException {
        alone(() -> {
            State now = require(id);
            int stored = hazelcast.getMap(Names.EVENT_STORE).size();
            if (now.events != events || stored != events) {
                throw new IllegalArgumentException(events + " events were sent, " + now.events + " taken, and " + stored
                        + " are there: begin anew");
            }
            if (events > 0) {
                lanes.continueBehind(new StoredEvent(now.cursor, null, null).position());
            }
            shared.delete(KEY);
            tellAll();
            log.info("import " + id + " has ended, with " + events + " events");
            return null;
        });
    }

    /** Undoes it. One that is not under way (any more) is undone already. */
    public void undo(String id) throws InterruptedException {
        alone(() -> {
            State now = State.of(shared.get(KEY));
            if (now != null && now.id.equals(id)) {
                undo(now);
            }
            return null;
        });
    }

    private void undo(State now) {
        if (now.empty) {
            List<String> maps = new ArrayList<>(List.of(
                    Names.DEAD_LETTER_EVENTS,
                    Names.DEAD_LETTER_DECISIONS,
                    Names.AGGREGATE_HEADS,
                    Names.EVENT_IDS,
                    Names.EVENT_STORE));
            store.generations().all().values().forEach(generation -> maps.add(generation.live()));
            maps.forEach(
                    map -> hazelcast.<String, HazelcastJsonValue>getMap(map).clear());
        }
        shared.delete(KEY);
        tellAll();
    }

    private State require(String id) {
        State now = State.of(shared.get(KEY));
        if (now == null || !now.id.equals(id) || !now.empty) {
            throw new IllegalArgumentException("the import is not under way any more, and was undone: begin anew");
        }
        return now;
    }

    private interface Work<T> {
        T done() throws InterruptedException;
    }

    private <T> T alone(Work<T> work) throws InterruptedException {
        try (Turn turn = turns.take(KEY, TURN_MILLIS)) {
            if (turn == null) {
                throw new IllegalArgumentException("another member is at the import: try again in a moment");
            }
            return work.done();
        }
    }

    // ------------------------------------------------------------ what all members do

    private void holdAll(String id) throws InterruptedException {
        if (!askAll(new JsonObject().add("op", HOLD).add("id", id)).stream()
                .allMatch(answer -> answer.getBoolean("done", false))) {
            throw new IllegalArgumentException(
                    "a batch of events is under way and does not end: try again when /ready is true");
        }
    }

    /** Who is not reached looks for itself. */
    private void tellAll() {
        look();
        try {
            askAll(new JsonObject().add("op", LOOK));
        } catch (IllegalArgumentException e) {
            log.fine("a member learns of the end of an import a moment later", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private List<JsonObject> askAll(JsonObject head) throws InterruptedException {
        byte[] json = head.toString().getBytes(StandardCharsets.UTF_8);
        byte[] request = ByteBuffer.allocate(Integer.BYTES + json.length)
                .putInt(json.length)
                .put(json)
                .array();
        try {
            return members.ask(Ids.IMPORT_EVENTS, request, ANSWER_MILLIS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalArgumentException("a member does not answer: try again in a moment", e);
        }
    }
}
