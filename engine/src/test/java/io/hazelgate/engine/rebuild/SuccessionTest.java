package io.hazelgate.engine.rebuild;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.network.TurnLost;
import io.hazelgate.engine.network.Turns;
import io.hazelgate.engine.network.Turns.Turn;
import io.hazelgate.engine.views.Generation;
import io.hazelgate.engine.views.Generations;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SuccessionTest {
    private final HazelcastInstance hazelcast = TestMember.hazelcast();
    private final Generations generations = new Generations(hazelcast);
    private final Turns turns = new Turns(hazelcast);
    private Runnable beforeIt = () -> {};
    private final String view = "v" + TestMember.newId();
    private final IMap<String, HazelcastJsonValue> live = hazelcast.getMap(Names.DEAD_LETTER_EVENTS);

    SuccessionTest() throws Exception {}

    @AfterEach
    void removeIt() {
        hazelcast.getMap(Names.VIEW_GENERATIONS).delete(view);
        live.delete("old-" + view);
        live.delete("fresh-" + view);
    }

    private HazelcastJsonValue letter() {
        return new HazelcastJsonValue("{\"projection\":\"" + view + "\",\"position\":10,\"waiting\":[]}");
    }

    private Succession run(Rebuild.Kind kind, String target, long position) {
        Rebuild rebuild =
                Rebuild.begun("rb" + view, kind, Map.of(view, target), 0, List.of(), Map.of(view, List.of("begun")), 0);
        try (Turn turn = turns.take(Generations.turnOf(turns, view), rebuild.id())) {
            Succession succession = new Succession(
                    hazelcast, generations, name -> Set.of("today"), rebuild, new ArrayList<>(), Map.of(view, turn));
            beforeIt.run();
            succession.run(position);
            return succession;
        }
    }

    @Test
    void aLeaderThatHungUntilTheGatesOpenedSwitchesNothing() {
        live.set("old-" + view, letter());
        hazelcast.getMap("letters.rb" + view).set("fresh-" + view, letter());
        Generation before = generations.of(view);
        beforeIt = () -> turns.revoke(Generations.turnOf(turns, view), "rb" + view);
        assertThrows(TurnLost.class, () -> run(Rebuild.Kind.REBUILD, "g2." + view, 77));
        assertEquals(before, generations.of(view));
        assertNull(live.get("fresh-" + view));
    }

    @Test
    void oneThatHungHalfWayDoesNotPutALaterSwitchAside() {
        Turn late = turns.take(Generations.turnOf(turns, view), "rb-late");
        Generation wanted = generations.of(view).next("g2." + view, List.of("late"), 70, "then");
        turns.revoke(Generations.turnOf(turns, view), "rb-late");
        run(Rebuild.Kind.REBUILD, "g3." + view, 77);
        assertThrows(TurnLost.class, () -> generations.set(late, view, wanted));
        assertEquals("g3." + view, generations.of(view).live());
    }

    @Test
    void theFreshGenerationIsLiveAndTheOneBeforeIsKept() {
        generations.set(view, generations.of(view).with(List.of("earlier")));
        run(Rebuild.Kind.REBUILD, "g2." + view, 77);
        Generation now = generations.of(view);
        assertEquals("g2." + view, now.live());
        assertEquals(List.of("begun", "today"), now.code());
        assertEquals(view, now.previous());
        assertEquals(77, now.previousPosition());
        assertEquals(List.of("earlier"), now.previousCode());
    }

    @Test
    void aGenerationIsKeptUntilTheNextButOne() {
        run(Rebuild.Kind.REBUILD, "g2." + view, 77);
        hazelcast.getMap(view).set("k", "of the first");
        run(Rebuild.Kind.REBUILD, "g3." + view, 78);
        assertEquals("g2." + view, generations.of(view).previous());
        assertTrue(hazelcast.getMap(view).isEmpty());
    }

    @Test
    void lettersThatTheFreshFoldDidNotOpenAreSettled() {
        live.set("old-" + view, letter());
        hazelcast.getMap("letters.rb" + view).set("fresh-" + view, letter());
        Succession succession = run(Rebuild.Kind.REBUILD, "g2." + view, 77);
        assertEquals(List.of("old-" + view), succession.settledLetters());
        assertEquals(letter(), live.get("fresh-" + view));
        assertEquals(letter(), hazelcast.getMap(KeptLetters.mapOf(view)).get("old-" + view));
        assertTrue(hazelcast.getMap("letters.rb" + view).isEmpty());
    }

    @Test
    void aRollbackHasItsLettersTriedAgain() {
        run(Rebuild.Kind.REBUILD, "g2." + view, 77);
        hazelcast.getMap(KeptLetters.mapOf(view)).set("fresh-" + view, letter());
        Succession succession = run(Rebuild.Kind.ROLLBACK, view, 78);
        assertEquals(List.of("fresh-" + view), succession.settledLetters());
        assertEquals(view, generations.of(view).live());
        assertTrue(generations.of(view).code().containsAll(List.of("begun", "today")));
    }
}
