package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import com.hazelcast.query.Predicates;
import io.hazelgate.engine.network.Turns.Turn;
import io.hazelgate.engine.rebuild.Bases.Base;
import io.hazelgate.engine.views.Generation;
import io.hazelgate.engine.views.Generations;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * New generations of views, with their letters, take the place of the live ones. While all gates are closed: then nothing changes.
 *
 * @param codeOfView the fingerprints of today's code
 * @param settledLetters to these it adds the letters that are to be tried again, now that the new generations are live: those of the
 *     generations before that the fresh folds did not open, for their events are in the views that are live now; those of a snapshot
 *     that was older than what was decided about them; those of a generation that is live again which were resolved while it was not
 * @param turns by view. A gate that opens by itself takes them away first: from then on nothing is switched
 */
record Succession(
        HazelcastInstance hazelcast,
        Generations generations,
        Function<String, Set<String>> codeOfView,
        Rebuild rebuild,
        List<String> settledLetters,
        Map<String, Turn> turns) {

    /**
     * Puts them in the place of the live ones.
     *
     * @param position up to which the live ones surely have every event
     * @throws io.hazelgate.engine.network.TurnLost a gate has opened meanwhile
     */
    void run(long position) {
        turns.values().forEach(Turn::require);
        takeLetters();
        takePlaces(position);
        hazelcast.getMap(rebuild.lettersMap()).destroy();
    }

    private void takeLetters() {
        IMap<String, HazelcastJsonValue> fresh = hazelcast.getMap(rebuild.lettersMap());
        IMap<String, HazelcastJsonValue> live = hazelcast.getMap(Names.DEAD_LETTER_EVENTS);
        for (String view : rebuild.targets().keySet()) {
            live.keySet(Predicates.equal("projection", view)).stream()
                    .filter(letter -> !fresh.containsKey(letter))
                    .forEach(settledLetters::add);
        }
        hazelcast.<String, HazelcastJsonValue>getMap(Names.DEAD_LETTER_DECISIONS).keySet().stream()
                .filter(fresh::containsKey)
                .forEach(settledLetters::add);
        boolean isRollback = rebuild.kind() == Rebuild.Kind.ROLLBACK;
        rebuild.targets().forEach((view, target) -> {
            String leaving = generations.of(view).live();
            if (!leaving.equals(target)) {
                KeptLetters.keep(hazelcast, view, leaving);
            }
        });
        fresh.entrySet().forEach(letter -> {
            HazelcastJsonValue before = live.get(letter.getKey());
            if (before != null) {
                live.set(letter.getKey(), KeptLetters.both(before, letter.getValue()));
                return;
            }
            live.set(letter.getKey(), letter.getValue());
            if (isRollback) {
                settledLetters.add(letter.getKey());
            }
        });
    }

    private void takePlaces(long position) {
        String at = Clock.iso(Clock.micros());
        List<String> dropped = new ArrayList<>();
        for (Map.Entry<String, String> target : rebuild.targets().entrySet()) {
            Generation before = generations.of(target.getKey());
            if (before.live().equals(target.getValue())) {
                continue;
            }
            generations.set(
                    turns.get(target.getKey()),
                    target.getKey(),
                    before.next(target.getValue(), codeOf(target.getKey(), before), position, at));
            if (before.previous() != null && !before.previous().equals(target.getValue())) {
                dropped.add(before.previous());
            }
        }
        dropped.forEach(map -> {
            hazelcast.getMap(map).destroy();
            KeptLetters.drop(hazelcast, map);
        });
    }

    /** The fingerprints of all code that took part in the generation that becomes the live one. */
    private Set<String> codeOf(String view, Generation before) {
        Set<String> code = new TreeSet<>(codeOfView.apply(view));
        code.addAll(rebuild.code().getOrDefault(view, List.of()));
        if (rebuild.kind() == Rebuild.Kind.ROLLBACK) {
            code.addAll(before.previousCode());
        }
        Base base = Base.find(hazelcast, rebuild.id());
        if (base != null) {
            code.addAll(base.code().getOrDefault(view, List.of()));
        }
        return code;
    }
}
