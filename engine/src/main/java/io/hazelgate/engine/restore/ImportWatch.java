package io.hazelgate.engine.restore;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.live.Shared;
import io.hazelgate.engine.network.AllMembers;
import io.hazelgate.engine.network.Turns.Turn;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Ids;
import io.hazelgate.engine.wire.Names;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * How an import stands, on every member: while there is one no batch is processed. One that nobody goes on with is undone. The state
 * is in the map {@code recovery}, and whoever changes it has the turn at it.
 */
public final class ImportWatch {
    /** What every member is asked for: no batch is processed from now on, and how the import stands has changed. */
    public static final String HOLD = "hold";

    public static final String LOOK = "look";

    /** In place of an import's id: what lost partitions held is restored. */
    static final String LOST = "lost-partitions";

    /** The turn, and the state's key. */
    static final String KEY = "import";

    private static final long HOLD_MILLIS = 3_000;
    private static final long ANSWER_MILLIS = 10_000;
    /** An import that nobody goes on with for so long is undone. */
    private static final long ABANDONED_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Shared parts;
    private final Losses losses;
    private final HazelcastInstance hazelcast;
    private final IMap<String, String> shared;
    private final ILogger log;
    /** What the map says, as far as it is known here; until it was read once nothing is processed. */
    private ImportState state;

    private boolean known;
    private long changedAtNanos;

    public ImportWatch(Shared parts, Losses losses) {
        this.parts = parts;
        this.losses = losses;
        hazelcast = parts.hazelcast();
        shared = hazelcast.getMap(Names.RECOVERY);
        log = hazelcast.getLoggingService().getLogger(ImportWatch.class);
    }

    /** How it stands now; null where there is none. */
    ImportState state() {
        return ImportState.of(shared.get(KEY));
    }

    void put(Turn turn, ImportState now) {
        turn.write(shared, KEY, now.toJson());
    }

    void over(Turn turn) {
        turn.write(shared, KEY, null);
        tellAll();
    }

    /** Reads how it stands, and undoes an import that nobody goes on with. */
    public void look() {
        ImportState now = state();
        learn(now);
        if (now != null && isAbandoned()) {
            try (Turn turn = parts.turns().take(KEY)) {
                if (turn != null && now.equals(state())) {
                    log.warning("import " + now.id() + " is undone: nobody went on with it after " + now.events()
                            + " events");
                    undo(turn, now);
                }
            }
        }
    }

    private synchronized void learn(ImportState now) {
        if (state != null && now == null) {
            // What is stored from now on comes behind what was imported.
            parts.lanes().learnAnew();
        }
        if (!known || !Objects.equals(state, now)) {
            changedAtNanos = System.nanoTime();
        }
        state = now;
        known = true;
        parts.readiness().importing(now == null ? null : "a log is being imported: " + now.events() + " events so far");
    }

    private synchronized boolean isAbandoned() {
        return System.nanoTime() - changedAtNanos > ABANDONED_NANOS;
    }

    /** Waits until no batch is under way here; later ones wait for the end of the import. */
    public boolean hold(String id) throws InterruptedException {
        look();
        if (id.equals(LOST)) {
            losses.hold();
        }
        try {
            return parts.gate().close(KEY + id, () -> true, HOLD_MILLIS, 0);
        } finally {
            parts.gate().open(KEY + id);
        }
    }

    /** The cluster is empty again, as it was. */
    void undo(Turn turn, ImportState now) {
        if (now.empty()) {
            List<String> maps = new ArrayList<>(List.of(
                    Names.DEAD_LETTER_EVENTS,
                    Names.DEAD_LETTER_DECISIONS,
                    Names.AGGREGATE_HEADS,
                    Names.EVENT_IDS,
                    Names.EVENT_STORE));
            parts.generations().all().values().forEach(generation -> maps.add(generation.live()));
            Entries fenced = parts.store().entries().under(turn.fence());
            maps.forEach(map -> fenced.clear(map).join());
        }
        over(turn);
    }

    void holdAll(String id) {
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
        } catch (IllegalArgumentException | IllegalStateException e) {
            log.fine("a member learns of the end of an import a moment later", e);
        }
    }

    private List<JsonObject> askAll(JsonObject head) {
        byte[] json = head.toString().getBytes(StandardCharsets.UTF_8);
        byte[] request = ByteBuffer.allocate(Integer.BYTES + json.length)
                .putInt(json.length)
                .put(json)
                .array();
        try {
            return parts.members().ask(Ids.IMPORT_EVENTS, request, ANSWER_MILLIS);
        } catch (AllMembers.NoAnswer e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
