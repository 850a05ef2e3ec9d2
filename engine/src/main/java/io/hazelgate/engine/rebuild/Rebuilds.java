package io.hazelgate.engine.rebuild;

import com.hazelcast.jet.Job;
import com.hazelcast.jet.config.JobConfig;
import com.hazelcast.jet.config.ProcessingGuarantee;
import io.hazelgate.engine.fold.Decisions;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.live.Shared;
import io.hazelgate.engine.network.Turns.Turn;
import io.hazelgate.engine.snapshot.Manifest;
import io.hazelgate.engine.snapshot.Snapshots;
import io.hazelgate.engine.views.Generation;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Rebuilds, comparisons and rollbacks: begun, watched, ended. What there is to do is in the map {@code rebuilds}; a job that is
 * missing there is started by whichever member notices.
 */
public record Rebuilds(Shared shared, Pipelines pipelines, Snapshots snapshots, RebuildRecords records) {
    private static final String TURN = "rebuild";
    private static final long TURN_MILLIS = 10_000;
    private static final long JOB_END_MILLIS = 10_000;

    /** Starts the jobs that should run and don't: just begun, or lost with a member. */
    public void look() {
        records.running().forEach(this::startJob);
    }

    private void startJob(Rebuild rebuild) {
        shared.hazelcast()
                .getJet()
                .newJobIfAbsent(
                        RebuildP.dag(rebuild.id()),
                        new JobConfig().setName(rebuild.jobName()).setProcessingGuarantee(ProcessingGuarantee.NONE));
    }

    // ------------------------------------------------------------ what operators ask for

    /**
     * Begins to fold the log into new generations of views.
     *
     * @param views their names; none means all that the projector describes
     * @param fresh whether the result takes the live one's place; otherwise it is compared with it
     * @return the id of the rebuild
     * @throws IllegalArgumentException when there is no such view, or one of them is being rebuilt already
     */
    public String begin(Collection<String> views, boolean fresh, int eventsPerSecond) {
        return begin("", views, fresh, eventsPerSecond, null, false);
    }

    /**
     * The same, going on from a snapshot.
     *
     * @param request by whose name it is known: a request that comes twice begins one rebuild; empty for one that can't
     * @param from what {@code hazelgate rebuild --from} takes: the id of a snapshot, {@code latest}, a position or an instant; null: from
     *     nothing
     * @param otherCode whether the snapshot may have been made by other code than today's
     */
    public String begin(
            String request,
            Collection<String> views,
            boolean fresh,
            int eventsPerSecond,
            String from,
            boolean otherCode) {
        String id = newId(request);
        Map<String, List<String>> described = pipelines.viewsWithIndexes();
        pipelines.requireToldOf(views, described.keySet());
        Collection<String> wanted = views.isEmpty() ? described.keySet() : views;
        wanted.forEach(view -> requireView(view, described.keySet()));
        Rebuild.Kind kind = fresh ? Rebuild.Kind.REBUILD : Rebuild.Kind.DIFF;
        Map<String, Set<String>> codes = new LinkedHashMap<>();
        wanted.forEach(view -> codes.put(view, pipelines.codeOf(view)));
        List<String> bases = from == null
                ? List.of()
                : snapshots.usable(from, codes, otherCode).stream()
                        .map(Manifest::id)
                        .toList();
        Map<String, List<String>> code = new LinkedHashMap<>();
        codes.forEach((view, fingerprints) -> code.put(view, List.copyOf(fingerprints)));
        return begin(() -> {
            Map<String, String> targets = new LinkedHashMap<>();
            for (String view : wanted) {
                targets.put(view, fresh ? nextGeneration(view) : id + '.' + view);
            }
            return Rebuild.begun(id, kind, targets, 0, bases, code, eventsPerSecond);
        });
    }

    private static void requireView(String view, Set<String> views) {
        if (!views.contains(view)) {
            throw new IllegalArgumentException(
                    "there is no view " + view + "; there are " + String.join(", ", new TreeSet<>(views)));
        }
    }

    private Generation require(String view) {
        Set<String> views = shared.generations().all().keySet();
        pipelines.requireToldOf(List.of(view), views);
        requireView(view, views);
        return shared.generations().of(view);
    }

    /**
     * Makes the generation that was live before the live one again, after what has happened since is folded into it.
     *
     * @throws IllegalArgumentException when there is none
     */
    public String rollBack(String request, String view) {
        String id = newId(request);
        Generation generation = require(view);
        if (generation.previous() == null) {
            throw new IllegalArgumentException(
                    "no earlier generation of " + view + " is kept: one is, from a rebuild on until it is dropped");
        }
        Map<String, String> targets = Map.of(view, generation.previous());
        Rebuild rebuild = Rebuild.begun(
                id,
                Rebuild.Kind.ROLLBACK,
                targets,
                generation.previousPosition(),
                List.of(),
                Map.of(view, List.copyOf(pipelines.codeOf(view))),
                0);
        return begin(() -> rebuild);
    }

    private String begin(Supplier<Rebuild> rebuild) {
        try (Turn turn = shared.turns().take(TURN, TURN_MILLIS)) {
            if (turn == null) {
                throw new IllegalStateException("another rebuild is just being begun: try again in a moment");
            }
            return beginAlone(turn, rebuild.get());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted before it began", e);
        }
    }

    /** Whoever hangs here, loses the turn and wakes up has written nothing, or a name for a generation that nobody else takes. */
    private String beginAlone(Turn turn, Rebuild rebuild) {
        shared.readiness().requireKnown();
        if (shared.readiness().viewsProblem() != null) {
            throw new IllegalArgumentException(shared.readiness().viewsProblem() + ": try again when that is done");
        }
        if (records.find(rebuild.id()) != null) {
            return rebuild.id();
        }
        for (Rebuild other : records.running()) {
            if (other.targets().keySet().stream().anyMatch(rebuild.targets()::containsKey)) {
                throw new IllegalArgumentException("rebuild " + other.id() + " of "
                        + String.join(", ", other.targets().keySet()) + " is running: let it end, or cancel it");
            }
        }
        if (rebuild.kind() != Rebuild.Kind.ROLLBACK) {
            records.put(turn, rebuild.reserved());
            rebuild.targets()
                    .values()
                    .forEach(map -> shared.hazelcast().getMap(map).destroy());
        }
        records.put(turn, rebuild);
        startJob(rebuild);
        records.forgetOld();
        return rebuild.id();
    }

    /** The same for a request that comes twice. */
    private String newId(String request) {
        String name = request.isEmpty() ? UUID.randomUUID().toString() : request;
        return shared.turns()
                .beside(
                        TURN,
                        number -> "rb"
                                + UUID.nameUUIDFromBytes((name + '/' + number).getBytes(StandardCharsets.UTF_8))
                                        .toString()
                                        .substring(0, 8));
    }

    private String nextGeneration(String view) {
        Generation generation = shared.generations().of(view);
        int highest = numberOf(view, generation.live());
        if (generation.previous() != null) {
            highest = Math.max(highest, numberOf(view, generation.previous()));
        }
        for (Rebuild other : records.all()) {
            String target = other.targets().get(view);
            if (target != null && other.kind() == Rebuild.Kind.REBUILD) {
                highest = Math.max(highest, numberOf(view, target));
            }
        }
        return "g" + (highest + 1) + '.' + view;
    }

    private static int numberOf(String view, String map) {
        return map.equals(view) ? 1 : Integer.parseInt(map.substring(1, map.length() - view.length() - 1));
    }

    /** Ends a rebuild; the live views stay as they are. Returns whether it was running. */
    public boolean cancel(String id) {
        Rebuild rebuild = records.require(id);
        if (!rebuild.isRunning()) {
            return false;
        }
        records.end(rebuild, Rebuild.Status.CANCELLED, null, 0);
        if (jobEnds(rebuild) && rebuild.targets().values().stream().noneMatch(this::isInUse)) {
            records.dropTargets(rebuild);
        }
        return true;
    }

    private boolean jobEnds(Rebuild rebuild) {
        Job job = shared.hazelcast().getJet().getJob(rebuild.jobName());
        try {
            if (job != null) {
                job.getFuture().get(JOB_END_MILLIS, TimeUnit.MILLISECONDS);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            shared.logger(Rebuilds.class)
                    .warning("the job of " + rebuild.id() + " did not end by itself; what it made stays", e);
        }
        return false;
    }

    /** Its views may have been switched just before it was cancelled. */
    private boolean isInUse(String map) {
        shared.generations().look();
        return shared.generations().all().values().stream()
                .anyMatch(generation -> map.equals(generation.live()) || map.equals(generation.previous()));
    }

    /** Goes on with a rebuild that has failed, from where it was. */
    public void resume(String id) {
        Rebuild rebuild = records.require(id);
        if (rebuild.status() != Rebuild.Status.FAILED) {
            throw new IllegalArgumentException(
                    "rebuild " + id + " is " + rebuild.status() + ": only a failed one is resumed");
        }
        if (Decisions.all(shared.hazelcast())
                .anySince(rebuild.startedAt(), rebuild.targets().keySet())) {
            throw new IllegalArgumentException("operators have decided about dead letters of "
                    + rebuild.targets().keySet() + " since rebuild " + id
                    + " began, and it has folded events without knowing: start a new one");
        }
        records.put(rebuild.again());
        startJob(rebuild);
    }

    /** Drops the generation of a view that is kept for a rollback. Returns whether there was one. */
    public boolean drop(String view) {
        Generation generation = require(view);
        if (generation.previous() == null) {
            return false;
        }
        shared.generations().set(view, generation.withoutPrevious());
        shared.hazelcast().getMap(generation.previous()).destroy();
        KeptLetters.drop(shared.hazelcast(), generation.previous());
        return true;
    }
}
