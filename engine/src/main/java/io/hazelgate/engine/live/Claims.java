package io.hazelgate.engine.live;

import io.hazelgate.engine.log.KnownEvents;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.projector.Claimed;
import io.hazelgate.engine.projector.Write;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Claim;
import io.hazelgate.engine.wire.ClaimRequest;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;

/**
 * The step "claim", between project and persist: what guards have read is kept as it is until their events are stored and have changed
 * it. Guards that read nothing which others may change cost no step.
 *
 * <p>An event has all of its claims or none, and whoever waits for one holds none: nobody waits for one another. An event that came away
 * empty takes its claims in the order of their names the next time: of several such events, the one with the last name among all that are
 * taken finds its next one free. So one of them always goes on.
 */
final class Claims {
    private final Store store;
    private final String pipeline;
    private final String run;
    private final ClaimWatch watch;
    private long takes;
    /** By claim, the keys of the pending events that hold it. */
    private final Map<String, Set<String>> held = new HashMap<>();
    /** The keys of events that came away empty the last time. */
    private final Set<String> contestedBefore = new HashSet<>();

    Claims(Shared shared, String pipeline, OwnedLanes owned) {
        store = shared.store();
        this.pipeline = pipeline;
        run = owned.run().toString();
        watch = new ClaimWatch(shared, owned);
    }

    /**
     * Claims what an answer rests on, in one exchange.
     *
     * @param events those that the batch consists of now
     * @param isStored whether an event, by its index, was stored by an earlier try
     * @param first the index of the first of the events among those that the projector was asked about
     * @return the keys of the events that did not get all of theirs, and hold none
     */
    Set<String> take(List<Claimed> wanted, List<Received> events, IntPredicate isStored, int first) {
        Map<String, Wanted> byClaim = new TreeMap<>();
        Map<String, List<Wanted>> byEvent = new LinkedHashMap<>();
        for (Claimed each : wanted) {
            Wanted claim = new Wanted(each, new LinkedHashSet<>());
            byClaim.put(claim.name(), claim);
            for (int index : each.events()) {
                claim.holders.add(events.get(index - first).key());
            }
        }
        byClaim.values()
                .forEach(claim ->
                        claim.holders.forEach(holder -> byEvent.computeIfAbsent(holder, key -> new ArrayList<>())
                                .add(claim)));
        if (!held.isEmpty()) {
            letGo(byEvent, events, isStored, first);
        }
        Set<String> contested = new HashSet<>();
        for (List<Wanted> step : steps(byClaim.values(), byEvent)) {
            take(step, contested);
        }
        if (!contested.isEmpty()) {
            giveBack(contested);
            contestedBefore.addAll(contested);
        }
        return contested;
    }

    /** An entry that is wanted, and the events that want it. */
    private record Wanted(Claimed entry, Set<String> holders) {
        String name() {
            return Names.claimOf(entry.view(), entry.key());
        }
    }

    /** All at once; where events came away empty before, theirs one after the other, in the order of names. */
    private List<List<Wanted>> steps(Collection<Wanted> inOrder, Map<String, List<Wanted>> byEvent) {
        if (byEvent.keySet().stream().noneMatch(contestedBefore::contains)) {
            return inOrder.isEmpty() ? List.of() : List.of(new ArrayList<>(inOrder));
        }
        Map<String, Integer> nextOfEvent = new HashMap<>();
        List<List<Wanted>> steps = new ArrayList<>();
        for (Wanted claim : inOrder) {
            int step = 0;
            for (String holder : claim.holders) {
                step = Math.max(step, nextOfEvent.getOrDefault(holder, 0));
            }
            for (String holder : claim.holders) {
                if (contestedBefore.contains(holder)) {
                    nextOfEvent.put(holder, step + 1);
                }
            }
            while (steps.size() <= step) {
                steps.add(new ArrayList<>());
            }
            steps.get(step).add(claim);
        }
        return steps;
    }

    private void take(List<Wanted> step, Set<String> contested) {
        Map<String, Wanted> asked = new HashMap<>();
        List<ClaimRequest> requests = new ArrayList<>();
        for (Wanted claim : step) {
            Set<String> holders = new LinkedHashSet<>(claim.holders);
            holders.removeAll(contested);
            if (!holders.isEmpty()) {
                requests.add(request(claim, holders));
                asked.put(claim.name(), claim);
                // Before it is known: an answer that gets lost may have been a yes.
                held.computeIfAbsent(claim.name(), name -> new LinkedHashSet<>())
                        .addAll(holders);
            }
        }
        if (requests.isEmpty()) {
            return;
        }
        Map<String, byte[]> left = new HashMap<>();
        store.entries().claim(run, requests).join().forEach((name, present) -> {
            Set<String> holders = asked.get(name).holders;
            contested.addAll(holders);
            if (present != null && isLeftBehind(Claim.of(present), holders)) {
                left.put(name, present);
            }
        });
        if (!left.isEmpty()) {
            watch.settle(left);
        }
    }

    /** Whether an event of ours holds it since a run that was cut short: nobody else waits for that to be told. */
    private boolean isLeftBehind(Claim there, Set<String> ours) {
        return !there.run().equals(run) && there.holders().stream().anyMatch(ours::contains);
    }

    private ClaimRequest request(Wanted claim, Set<String> holders) {
        Claimed entry = claim.entry;
        Claim made = new Claim(run, pipeline, ++takes, entry.version(), holders, Set.of());
        return new ClaimRequest(
                claim.name(),
                store.generations().liveMap(entry.view()),
                entry.key(),
                entry.version(),
                List.copyOf(holders),
                made.toJson());
    }

    /** What is left of earlier tries: events that want something else now, and parts of a batch that come later. */
    private void letGo(Map<String, List<Wanted>> byEvent, List<Received> events, IntPredicate isStored, int first) {
        Map<String, Set<String>> unwanted = new HashMap<>();
        Set<String> here = new HashSet<>();
        for (int i = 0; i < events.size(); i++) {
            String key = events.get(i).key();
            here.add(key);
            if (!isStored.test(first + i)) {
                Set<String> names = byEvent.getOrDefault(key, List.of()).stream()
                        .map(Wanted::name)
                        .collect(Collectors.toSet());
                held.forEach((claim, holders) -> {
                    if (holders.contains(key) && !names.contains(claim)) {
                        unwanted.computeIfAbsent(claim, name -> new LinkedHashSet<>())
                                .add(key);
                    }
                });
            }
        }
        release(unwanted);
        Set<String> elsewhere = held.values().stream().flatMap(Set::stream).collect(Collectors.toSet());
        elsewhere.removeAll(here);
        if (!elsewhere.isEmpty()) {
            settleElsewhere(elsewhere);
        }
    }

    /** Whether these events were stored nobody knows: that was cut short. What is stored keeps guards out, and no writes. */
    private void settleElsewhere(Set<String> elsewhere) {
        Set<String> stored = storedOf(store, elsewhere);
        Map<String, Set<String>> unstored = new HashMap<>();
        held.forEach((claim, holders) -> {
            Set<String> gone = new LinkedHashSet<>(holders);
            gone.retainAll(elsewhere);
            gone.removeAll(stored);
            if (!gone.isEmpty()) {
                unstored.put(claim, gone);
            }
        });
        release(unstored);
        List<String> claims = held.entrySet().stream()
                .filter(each -> each.getValue().stream().anyMatch(stored::contains))
                .map(Map.Entry::getKey)
                .toList();
        List<Change> marks = new ArrayList<>();
        store.entries().read(Names.CLAIMS, claims).join().forEach((name, json) -> {
            if (json != null) {
                Claim claim = Claim.of(json);
                Set<String> known = new LinkedHashSet<>(claim.holders());
                known.retainAll(stored);
                marks.add(Change.setIfSame(name, json, claim.withStored(known).toJson()));
            }
        });
        store.entries().change(Names.CLAIMS, marks).join();
    }

    /** Those of some pending events that are stored. */
    static Set<String> storedOf(Store store, Collection<String> pendingKeys) {
        Set<String> ids = pendingKeys.stream().map(Names::eventIdOf).collect(Collectors.toSet());
        KnownEvents known = KnownEvents.whole(store.entries(), store.log(), ids);
        return pendingKeys.stream()
                .filter(key -> known.storedRecord(Names.eventIdOf(key)) != null)
                .collect(Collectors.toSet());
    }

    /** The events are stored: claims of entries that none of these writes changes are over. */
    void stored(List<Write> writes) {
        if (!held.isEmpty()) {
            Map<String, Set<String>> unchanged = new HashMap<>(held);
            writes.forEach(write -> unchanged.remove(Names.claimOf(write.map(), write.key())));
            release(unchanged);
        }
    }

    /** The events that have claimed a write's entry. */
    List<String> of(Write write) {
        Set<String> holders = held.isEmpty() ? null : held.get(Names.claimOf(write.map(), write.key()));
        return holders == null
                ? List.of()
                : holders.stream().map(Names::eventIdOf).toList();
    }

    /** The events' writes are through, and have released what they had claimed. */
    void done(List<Received> events) {
        Set<String> keys = events.stream().map(Received::key).collect(Collectors.toSet());
        contestedBefore.removeAll(keys);
        held.values().forEach(holders -> holders.removeAll(keys));
        held.values().removeIf(Set::isEmpty);
    }

    /** These events are left for now, and hold nothing meanwhile. */
    void giveBack(Set<String> events) {
        Map<String, Set<String>> theirs = new HashMap<>();
        held.forEach((claim, holders) -> {
            Set<String> gone = new LinkedHashSet<>(holders);
            gone.retainAll(events);
            if (!gone.isEmpty()) {
                theirs.put(claim, gone);
            }
        });
        release(theirs);
    }

    private void release(Map<String, Set<String>> holdersOf) {
        if (holdersOf.isEmpty()) {
            return;
        }
        List<ClaimRequest> requests = holdersOf.entrySet().stream()
                .map(each -> ClaimRequest.release(each.getKey(), List.copyOf(each.getValue())))
                .toList();
        store.entries().claim(run, requests).join();
        requests.forEach(each -> held.get(each.claim()).removeAll(each.holders()));
        held.values().removeIf(Set::isEmpty);
    }
}
