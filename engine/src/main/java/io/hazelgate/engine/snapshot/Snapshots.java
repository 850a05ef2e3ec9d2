package io.hazelgate.engine.snapshot;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.live.Shared;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.network.Turns.Turn;
import io.hazelgate.engine.views.Generation;
import io.hazelgate.engine.views.Positions;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.JsonRecords;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;

/**
 * Snapshots of views: taken by hand or by the clock, listed, chosen and loaded.
 *
 * <p>What there is is in the location alone. The map {@code snapshots} remembers how the taking of the last ones went.
 */
public final class Snapshots {
    private static final String TURN = "snapshot";
    private static final int KEPT = 20;
    private static final int TELL_TRIES = 3;
    private static final long LISTING_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long LOOK_MICROS = 5_000_000;
    private static final long IN_SHORT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Shared shared;
    private final Store store;
    private final Positions positions;
    private final Pipelines pipelines;
    private final SnapshotSettings settings;
    private final Archive archive;
    private final IMap<String, HazelcastJsonValue> attempts;
    private final ILogger log;
    private JsonObject listing;
    private long listedAtNanos;
    /** The last one that is known here. */
    private volatile Manifest newest;

    /** Why the clock could not take one; null where it could, or has not tried. */
    private volatile String refused;

    private JsonObject inShort;
    private long inShortAtNanos;
    private volatile boolean taking;
    private long dueMicros;

    /** @param settings null where no snapshots are kept */
    public Snapshots(Shared shared, Positions positions, Pipelines pipelines, SnapshotSettings settings) {
        this.shared = shared;
        this.positions = positions;
        this.pipelines = pipelines;
        this.settings = settings;
        store = shared.store();
        log = shared.logger(Snapshots.class);
        archive = settings == null ? null : new Archive(settings, log);
        attempts = shared.hazelcast().getMap(Names.SNAPSHOTS);
    }

    // ------------------------------------------------------------ taking

    /**
     * Begins to take one.
     *
     * @param views their names; none means all that are complete
     * @return its id
     * @throws IllegalArgumentException none are kept, one is being taken, or a view can't be part of one
     * @throws IllegalStateException this member has just started: another one may know more of the store and of the views
     */
    public String begin(Collection<String> views) {
        requireSettings();
        shared.readiness().requireKnown();
        if (shared.readiness().storeProblem() != null) {
            throw new IllegalArgumentException(
                    "no snapshot can be taken just now: " + shared.readiness().storeProblem());
        }
        Map<String, Generation> known = store.generations().all();
        pipelines.requireToldOf(views, known.keySet());
        List<String> wanted = new ArrayList<>();
        for (String view : views.isEmpty() ? pipelines.viewsWithIndexes().keySet() : views) {
            Generation generation = known.get(view);
            if (generation == null) {
                throw new IllegalArgumentException(
                        "there is no view " + view + "; there are " + String.join(", ", known.keySet()));
            }
            if (!generation.incomplete()) {
                wanted.add(view);
            } else if (!views.isEmpty()) {
                throw new IllegalArgumentException(view + " is incomplete, younger than the log: `hazelgate rebuild "
                        + view + "` builds it first");
            }
        }
        if (wanted.isEmpty()) {
            throw new IllegalArgumentException("no view is complete: `hazelgate rebuild` builds them first");
        }
        long now = Clock.micros();
        String id = "sn-" + Clock.iso(now).replaceAll("[-:]|\\..*", "") + "Z-"
                + UUID.randomUUID().toString().substring(0, 6);
        Turn turn = shared.turns().take(TURN, id);
        if (turn == null) {
            throw new IllegalArgumentException(all().stream()
                            .filter(Snapshots::isRunning)
                            .map(attempt -> "snapshot " + attempt.getString("id", ""))
                            .findFirst()
                            .orElse("another snapshot")
                    + " is being taken");
        }
        try {
            put(new Attempt(id, Clock.iso(now), 0, null, null));
            Thread taker = new Thread(() -> take(turn, id, Clock.iso(now), wanted), "hazelgate-snapshot");
            taker.setDaemon(true);
            taker.start();
        } catch (RuntimeException e) {
            turn.close();
            throw e;
        }
        return id;
    }

    private record Attempt(String id, String startedAt, long entries, String endedAt, String error) {}

    private void put(Attempt attempt) {
        JsonObject json = JsonRecords.toJson(attempt)
                .add("status", attempt.endedAt == null ? "RUNNING" : attempt.error == null ? "DONE" : "FAILED")
                .add(
                        "member",
                        shared.hazelcast()
                                .getCluster()
                                .getLocalMember()
                                .getUuid()
                                .toString());
        attempts.set(attempt.id, new HazelcastJsonValue(json.toString()));
    }

    /** Tells how it went while it still has its turn: one without that never tells any more. */
    private void take(Turn turn, String id, String startedAt, List<String> views) {
        taking = true;
        try (turn) {
            Attempt ended = taken(id, startedAt, views);
            forgetListing();
            tell(ended, TELL_TRIES);
            forgetOld();
        } finally {
            taking = false;
        }
    }

    private Attempt taken(String id, String startedAt, List<String> views) {
        long[] entries = {0};
        String error = null;
        try (Archive.Writing writing = archive.write(id)) {
            Manifest whole = new Taking(store, positions, writing, count -> {
                        entries[0] = count;
                        tell(new Attempt(id, startedAt, count, null, null), 1);
                    })
                    .run(id, views);
            newest = whole;
            log.info("snapshot " + id + " of " + views + " holds " + whole.entries() + " entries at position "
                    + whole.position());
        } catch (SnapshotUnusable e) {
            error = e.getMessage();
        } catch (RuntimeException e) {
            log.warning("snapshot " + id + " failed", e);
            error = String.valueOf(e.getMessage());
        }
        if (error != null) {
            log.warning("snapshot " + id + " was not taken: " + error);
        }
        return new Attempt(id, startedAt, entries[0], Clock.iso(Clock.micros()), error);
    }

    /** A snapshot is not lost because it can't be told how it goes. */
    private void tell(Attempt attempt, int tries) {
        for (int left = tries - 1; left >= 0; left--) {
            try {
                put(attempt);
                return;
            } catch (RuntimeException e) {
                log.log(left == 0 ? Level.WARNING : Level.FINE, "can't tell how snapshot " + attempt.id + " goes", e);
            }
        }
    }

    private static boolean isRunning(JsonObject attempt) {
        return attempt.getString("status", "").equals("RUNNING");
    }

    /**
     * As it stands. One runs for as long as it has its turn: until then the next one would be refused. One that is said to
     * run and does not have its turn has ended, and told so just now, or never will.
     */
    private JsonObject asItStands(JsonObject said, String atTurn) {
        if (said.getString("id", "").equals(atTurn)) {
            said.remove("endedAt");
            said.remove("error");
            return said.set("status", "RUNNING");
        }
        if (!isRunning(said)) {
            return said;
        }
        HazelcastJsonValue now = attempts.get(said.getString("id", ""));
        JsonObject attempt = now == null ? said : Json.object(now);
        if (isRunning(attempt)) {
            boolean isThere = shared.turns().isMember(attempt.getString("member", ""));
            attempt.set("status", "FAILED")
                    .set("error", "the member that took it " + (isThere ? "could not tell how it went" : "is gone"));
        }
        return attempt;
    }

    private List<JsonObject> all() {
        List<JsonObject> all = new ArrayList<>();
        attempts.values().forEach(value -> all.add(Json.object(value)));
        all.sort(Comparator.comparing((JsonObject attempt) -> attempt.getString("startedAt", ""))
                .reversed());
        return all;
    }

    private void forgetOld() {
        List<JsonObject> all = all();
        all.subList(Math.min(KEPT, all.size()), all.size())
                .forEach(attempt -> attempts.delete(attempt.getString("id", "")));
    }

    // ------------------------------------------------------------ the clock

    /** Takes one when it is time, if anything has happened since the last: on the oldest member. */
    public void look() {
        if (settings == null
                || settings.everySeconds() == 0
                || shared.readiness().storeProblem() != null
                || !isOldest()) {
            return;
        }
        long now = Clock.micros();
        if (now < dueMicros || taking) {
            return;
        }
        dueMicros = now + LOOK_MICROS;
        try {
            if (newest == null) {
                newest = there().stream().findFirst().orElse(null);
            }
            long next = newest == null
                    ? 0
                    : Clock.parse(newest.takenAt()) + TimeUnit.SECONDS.toMicros(settings.everySeconds());
            if (now < next) {
                dueMicros = Math.min(next, dueMicros);
            } else if (newest == null || isBehind(newest)) {
                begin(List.of());
            }
            refused = null;
        } catch (SnapshotUnusable | IllegalArgumentException | IllegalStateException e) {
            refused = e.getMessage();
            log.warning("no snapshot was taken, although it is time: " + e.getMessage());
        }
    }

    private boolean isOldest() {
        return shared.hazelcast().getCluster().getMembers().iterator().next().localMember();
    }

    private boolean isBehind(Manifest last) {
        return store.log().hasEventsAfter(last.position())
                || last.views().entrySet().stream()
                        .anyMatch(view ->
                                !store.generations().of(view.getKey()).code().equals(view.getValue()));
    }

    // ------------------------------------------------------------ telling

    /**
     * What is known of them.
     *
     * @param listed whether the location is looked at
     * @throws IllegalArgumentException none are kept, or the location can't be listed
     */
    public JsonObject report(boolean listed) {
        requireSettings();
        JsonArray array = new JsonArray();
        List<JsonObject> all = all();
        String atTurn = shared.turns().whoIsAt(TURN);
        for (JsonObject said : all) {
            JsonObject attempt = asItStands(said, atTurn);
            attempt.remove("member");
            array.add(attempt);
        }
        JsonObject report =
                new JsonObject().add("location", settings.location()).add("attempts", array);
        try {
            return listed ? report.add("listing", listing()) : report;
        } catch (SnapshotUnusable e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /**
     * How often one is taken, when the last was, and why the last could not be; null where none are kept, and on all members but the
     * oldest. It may be a few seconds old.
     */
    public synchronized JsonObject inShort() {
        if (settings == null || !isOldest()) {
            return null;
        }
        if (inShort == null || System.nanoTime() - inShortAtNanos > IN_SHORT_NANOS) {
            inShort = madeShort();
            inShortAtNanos = System.nanoTime();
        }
        return inShort;
    }

    private JsonObject madeShort() {
        List<JsonObject> ended = all().stream().filter(each -> !isRunning(each)).toList();
        Manifest last = newest;
        String takenAt = ended.stream()
                .filter(each -> each.get("error") == null || each.get("error").isNull())
                .map(each -> each.getString("startedAt", ""))
                .findFirst()
                .orElse(last == null ? null : last.takenAt());
        String problem = refused;
        if (problem == null
                && !ended.isEmpty()
                && ended.get(0).get("error") != null
                && !ended.get(0).get("error").isNull()) {
            problem = ended.get(0).getString("error", "");
        }
        return new JsonObject()
                .add("everySeconds", settings.everySeconds())
                .add("takenAt", takenAt)
                .add("problem", problem);
    }

    private void requireSettings() {
        if (settings == null) {
            throw new IllegalArgumentException(
                    "this cluster keeps no snapshots: start its members with --snapshots and a folder or an s3:// location");
        }
    }

    /** Not older than a moment: each look starts a process. */
    private synchronized JsonObject listing() throws SnapshotUnusable {
        if (listing == null || System.nanoTime() - listedAtNanos > LISTING_NANOS) {
            listing = archive.list();
            listedAtNanos = System.nanoTime();
        }
        return listing;
    }

    private synchronized void forgetListing() {
        listing = null;
    }

    private List<Manifest> there() throws SnapshotUnusable {
        return listing().get("snapshots").asArray().values().stream()
                .map(each -> Manifest.of(each.asObject()))
                .toList();
    }

    private Map<String, String> damaged() throws SnapshotUnusable {
        Map<String, String> damaged = new LinkedHashMap<>();
        listing()
                .get("damaged")
                .asArray()
                .forEach(each -> damaged.put(
                        each.asObject().getString("id", ""), each.asObject().getString("problem", "")));
        return damaged;
    }

    // ------------------------------------------------------------ using

    public boolean areKept() {
        return settings != null;
    }

    /**
     * The snapshots from which some views can be built, the first to be tried first.
     *
     * @param from the id of one, {@code latest}, a position or an instant
     * @param codeOfViews by view, the fingerprints of today's code
     * @throws IllegalArgumentException there is none; the message says why
     */
    public List<Manifest> usable(String from, Map<String, Set<String>> codeOfViews, boolean otherCode) {
        requireSettings();
        archive.expectReading();
        try {
            return new Choice(codeOfViews, otherCode).of(from, there(), damaged());
        } catch (SnapshotUnusable | IllegalArgumentException e) {
            archive.expectNothing();
            throw e instanceof IllegalArgumentException refused
                    ? refused
                    : new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** Those that a start may begin with, the newest first; none where there is none. */
    public List<Manifest> forStart(Map<String, Set<String>> codeOfViews) {
        Choice choice = new Choice(codeOfViews, settings.otherCode());
        archive.expectReading();
        try {
            List<Manifest> there = there();
            Map<String, String> damaged = damaged();
            if (there.isEmpty() && damaged.isEmpty()) {
                archive.expectNothing();
                return there;
            }
            List<Manifest> usable = choice.of(Choice.LATEST, there, damaged);
            choice.passedOver().forEach(log::warning);
            return usable;
        } catch (SnapshotUnusable | IllegalArgumentException e) {
            archive.expectNothing();
            log.warning(e.getMessage());
            return List.of();
        }
    }

    /**
     * Loads one into maps.
     *
     * @param mapOf which of its maps are wanted, and where they go
     * @param goesOn asked now and then; false ends it
     * @throws SnapshotUnusable it is damaged, or its log is another: what was loaded of it is worth nothing
     */
    public Manifest load(String id, Map<String, String> mapOf, BooleanSupplier goesOn) throws SnapshotUnusable {
        return load(store, id, mapOf, goesOn);
    }

    /** The same, under a fence. */
    public Manifest load(Store into, String id, Map<String, String> mapOf, BooleanSupplier goesOn)
            throws SnapshotUnusable {
        return new Loading(into, archive, mapOf, goesOn).run(id);
    }
}
