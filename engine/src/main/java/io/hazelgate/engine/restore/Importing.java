package io.hazelgate.engine.restore;

import io.hazelgate.engine.fold.Decisions;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.live.Shared;
import io.hazelgate.engine.log.EventMaps;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.log.StoreKey;
import io.hazelgate.engine.log.StoredEvent;
import io.hazelgate.engine.network.TurnLost;
import io.hazelgate.engine.network.Turns.Turn;
import io.hazelgate.engine.projector.ProjectorAway;
import io.hazelgate.engine.projector.ProjectorFailed;
import io.hazelgate.engine.rebuild.RebuildRecords;
import io.hazelgate.engine.rebuild.Rebuilds;
import io.hazelgate.engine.wire.Names;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Takes a log into a cluster that keeps its events in memory and has none yet.
 *
 * <p>From its beginning to its end no batch is processed, on any member: new events are refused, what is pending waits. The events come
 * page by page, in the order of the log, and are folded into views and heads as they come. One that can't be taken, or that
 * nobody goes on with, is undone: the cluster is empty again, as it was. The state is in the map {@code recovery}, and whoever
 * changes it or writes for it has its turn.
 */
public record Importing(
        Shared shared, Pipelines pipelines, Rebuilds rebuilds, RebuildRecords records, ImportWatch watch) {
    private static final long TURN_MILLIS = 60_000;

    /**
     * Begins: from now on nothing else is stored.
     *
     * @return the id of the import
     * @throws IllegalArgumentException the cluster can't take a log in; nothing has changed
     * @throws IllegalStateException this member has just started: another one may know more
     */
    public String begin() throws InterruptedException {
        shared.readiness().requireKnown();
        if (shared.store().log().isDurable()) {
            throw new IllegalArgumentException(
                    "this cluster keeps its events in PostgreSQL: stop its members, and import there, "
                            + "without --into-cluster");
        }
        if (!pipelines.areKnownToBeReady()) {
            throw new IllegalArgumentException("the projector is away: it has to fold what is imported");
        }
        return alone(turn -> {
            ImportState running = watch.state();
            if (running != null) {
                throw new IllegalArgumentException("another import is under way, " + running.events()
                        + " events so far. One that was broken off is undone after a minute: try again then");
            }
            String building = records.building("*");
            if (building != null) {
                throw new IllegalArgumentException("rebuild " + building + " is under way: let it end, or cancel it");
            }
            ImportState begun = ImportState.begun(UUID.randomUUID().toString());
            watch.put(turn, begun);
            try {
                watch.holdAll(begun.id());
                int there = eventsHere();
                if (there > 0) {
                    throw new IllegalArgumentException(
                            "the cluster has " + there + " events already: import into one that has none");
                }
                // What a rollback would go on from does not have what is imported.
                shared.generations().all().keySet().forEach(rebuilds::drop);
            } catch (RuntimeException e) {
                watch.over(turn);
                throw e;
            }
            watch.put(turn, begun.onNothing());
            watch.look();
            shared.logger(Importing.class).info("import " + begun.id() + " begins");
            return begun.id();
        });
    }

    /**
     * Takes the next events.
     *
     * @param before how many were taken before these
     * @return how many were taken by now; the same answer again where these were taken already
     * @throws IllegalArgumentException one of them can't be taken: the import is to be undone
     */
    public long take(String id, long before, List<StoredEvent> page) throws InterruptedException {
        return alone(turn -> {
            ImportState now = require(id);
            String last = page.get(page.size() - 1).cursor();
            if (now.events() == before + page.size() && now.cursor().equals(last)) {
                return now.events();
            }
            if (now.events() != before) {
                throw new IllegalArgumentException(
                        now.events() + " events were imported, and others come behind " + before + ": begin anew");
            }
            Gaps.requireNone(
                    page.stream().map(event -> StoreKey.of(event.record())).toList(), this::stored);
            Store fenced = shared.store().under(turn.fence());
            new EventMaps(fenced.entries()).putWhereFree(page);
            try (Restorer restorer = new Restorer(fenced, pipelines, Decisions.NONE)) {
                restorer.fold(page);
            } catch (ProjectorAway | ProjectorFailed e) {
                throw new IllegalArgumentException(e.getMessage(), e);
            }
            watch.put(turn, now.with(page.size(), last));
            watch.look();
            return before + page.size();
        });
    }

    private Set<String> stored(Collection<String> keys) {
        return shared.store().entries().read(Names.EVENT_STORE, keys).join().entrySet().stream()
                .filter(entry -> entry.getValue() != null)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    public void end(String id, long events) throws InterruptedException {
        alone(turn -> {
            ImportState now = require(id);
            int stored = eventsHere();
            if (now.events() != events || stored != events) {
                throw new IllegalArgumentException(events + " events were sent, " + now.events() + " taken, and "
                        + stored + " are there: begin anew");
            }
            if (events > 0) {
                shared.lanes().continueBehind(new StoredEvent(now.cursor(), null, null).position());
            }
            watch.over(turn);
            shared.logger(Importing.class).info("import " + id + " has ended, with " + events + " events");
            return null;
        });
    }

    /** Undoes it. One that is not under way (any more) is undone already. */
    public void undo(String id) throws InterruptedException {
        alone(turn -> {
            ImportState now = watch.state();
            if (now != null && now.id().equals(id)) {
                watch.undo(turn, now);
            }
            return null;
        });
    }

    private ImportState require(String id) {
        ImportState now = watch.state();
        if (now == null || !now.id().equals(id) || !now.empty()) {
            throw new IllegalArgumentException("the import is not under way any more, and was undone: begin anew");
        }
        return now;
    }

    private interface Work<T> {
        T done(Turn turn) throws InterruptedException;
    }

    private <T> T alone(Work<T> work) throws InterruptedException {
        try (Turn turn = shared.turns().take(ImportWatch.KEY, TURN_MILLIS)) {
            if (turn == null) {
                throw new IllegalArgumentException("another member is at the import: try again in a moment");
            }
            return work.done(turn);
        } catch (CompletionException e) {
            throw TurnLost.orElse(e);
        }
    }

    private int eventsHere() {
        return shared.hazelcast().getMap(Names.EVENT_STORE).size();
    }

    /** Looks whether the numbers of each aggregate go on where they were. */
    static final class Gaps {
        private Gaps() {}

        /**
         * @param places of events, in their order
         * @param there which of some keys of {@code event-store} have an event
         * @throws IllegalArgumentException an aggregate has a gap before one of them
         */
        static void requireNone(List<StoreKey> places, Function<Collection<String>, Set<String>> there) {
            Map<String, Long> lasts = new HashMap<>();
            Map<String, StoreKey> firsts = new HashMap<>();
            for (StoreKey place : places) {
                Long last = lasts.put(place.aggregateType() + '@' + place.aggregateId(), place.sequence());
                if (last != null && place.sequence() != last + 1) {
                    throw gap(place, "event " + last);
                }
                if (last == null && place.sequence() != 1) {
                    firsts.put(
                            new StoreKey(place.aggregateType(), place.sequence() - 1, place.aggregateId()).toString(),
                            place);
                }
            }
            firsts.keySet().removeAll(there.apply(firsts.keySet()));
            firsts.values().stream().findFirst().ifPresent(first -> {
                throw gap(first, "a gap");
            });
        }

        private static IllegalArgumentException gap(StoreKey place, String before) {
            return new IllegalArgumentException(place.aggregateType() + ' ' + place.aggregateId()
                    + " would have its event " + place.sequence() + " behind " + before
                    + ": import the whole log, in its order");
        }
    }
}
