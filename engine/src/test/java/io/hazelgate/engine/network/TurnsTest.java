package io.hazelgate.engine.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.core.IndeterminateOperationStateException;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.map.IMap;
import com.hazelcast.partition.Partition;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.network.Turns.Turn;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Filling;
import io.hazelgate.engine.wire.Names;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TurnsTest {
    private static CountDownLatch hung;

    private HazelcastInstance one;
    private HazelcastInstance other;
    private Turns turns;
    private Turns ofOther;
    /** What the first member keeps, and the other has the backup of. */
    private String what;

    @BeforeEach
    void twoMembers() throws Exception {
        String cluster = "test-" + TestMember.newId();
        int port = TestMember.freePort();
        one = TestMember.newMember(cluster, port, port);
        other = TestMember.newMember(cluster, TestMember.freePort(), port);
        TestMember.awaitSafe(other);
        turns = new Turns(one);
        ofOther = new Turns(other);
        what = keyOf(one);
    }

    @AfterEach
    void theyGo() {
        one.getLifecycleService().terminate();
        other.getLifecycleService().terminate();
    }

    @Test
    void oneAtATime() throws InterruptedException {
        Turn turn = turns.take(what);
        assertNull(turns.take(what));
        assertNull(ofOther.take(what, 50));
        turn.close();
        try (Turn next = ofOther.take(what)) {
            assertNotNull(next);
            assertNull(turns.take(what));
        }
        assertEquals(0, one.getMap(Names.TURNS).size());
    }

    @Test
    void ofManyWhoWantItAtOnceOneHasIt() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            for (int round = 0; round < 20; round++) {
                CountDownLatch all = new CountDownLatch(8);
                List<Future<Turn>> asked = new ArrayList<>();
                for (int number = 0; number < 8; number++) {
                    Turns mine = number % 2 == 0 ? turns : ofOther;
                    Callable<Turn> take = () -> {
                        all.countDown();
                        all.await();
                        return mine.take(what);
                    };
                    asked.add(threads.submit(take));
                }
                List<Turn> taken = new ArrayList<>();
                for (Future<Turn> each : asked) {
                    if (each.get() != null) {
                        taken.add(each.get());
                    }
                }
                assertEquals(1, taken.size());
                taken.get(0).close();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void whoWaitsGetsItWhenItIsFree() throws Exception {
        Turn turn = turns.take(what);
        Thread closing = new Thread(turn::close);
        closing.start();
        assertNotNull(ofOther.take(what, 60_000));
        closing.join();
    }

    @Test
    void thatOfAMemberThatIsGoneIsFree() throws InterruptedException {
        assertNotNull(ofOther.take(what, "theirs"));
        assertEquals("theirs", turns.whoIsAt(what));
        other.getLifecycleService().terminate();
        assertNotNull(turns.take(what, 60_000));
        assertNotEquals("theirs", turns.whoIsAt(what));
    }

    @Test
    void whoHasItWrites() {
        IMap<String, String> map = one.getMap("written");
        try (Turn turn = ofOther.take(what)) {
            turn.require();
            turn.write(map, what, "mine");
            assertEquals("mine", map.get(what));
            turn.write(map, what, null);
            assertNull(map.get(what));
        }
    }

    @Test
    void whatIsWrittenOutlivesTheMemberThatHadIt() {
        Turn turn = turns.take(what);
        turn.write(one.getMap("written"), what, "mine");
        one.getLifecycleService().terminate();
        assertEquals("mine", other.getMap("written").get(what));
    }

    @Test
    void itWritesRecordsOfOtherMembers() {
        IMap<String, HazelcastJsonValue> map = other.getMap("records");
        try (Turn turn = ofOther.take(what)) {
            turn.write(map, what, new HazelcastJsonValue("{}"));
            assertEquals("{}", map.get(what).toString());
        }
    }

    @Test
    void whoLostItWhileItHungWritesNoMore() {
        IMap<String, String> map = one.getMap("written");
        Turn lost = turns.take(what);
        // As the other member does once it takes the first one for dead.
        other.<String, String>getMap(Names.TURNS).delete(what);
        try (Turn theirs = ofOther.take(what)) {
            theirs.write(map, what, "theirs");
            assertThrows(TurnLost.class, lost::require);
            assertThrows(TurnLost.class, () -> lost.write(map, what, "late"));
            assertThrows(TurnLost.class, () -> lost.write(map, what, null));
            assertEquals("theirs", map.get(what));
            lost.close();
            theirs.require();
        }
        assertThrows(TurnLost.class, () -> lost.write(map, what, "later still"));
        assertEquals("theirs", other.<String, String>getMap("written").get(what));
    }

    @Test
    void whoLostItWhileItHungWritesNothingUnderItsFence() {
        Turn lost = turns.take(what);
        Entries late = new Entries(one).under(lost.fence());
        assertTrue(late.change("fenced", changes("theirs")).join().isEmpty());
        other.<String, String>getMap(Names.TURNS).delete(what);
        try (Turn theirs = ofOther.take(what)) {
            Entries entries = new Entries(other).under(theirs.fence());
            assertLost(late.change("fenced", changes("late")));
            assertLost(late.clear("fenced"));
            Filling filling = late.filling("filled");
            byte[] key = "late".getBytes(StandardCharsets.UTF_8);
            filling.add(key, 0, key.length, key, 0, key.length);
            assertLost(filling.send());
            assertEquals(0, one.getMap("filled").size());
            assertEquals(KEYS, other.getMap("fenced").size());
            assertEquals(
                    Set.of(new HazelcastJsonValue("\"theirs\"")),
                    Set.copyOf(one.getMap("fenced").values()));
            entries.clear("fenced").join();
            assertThrows(TurnLost.class, lost::fence);
        }
    }

    @Test
    void whatIsClearedUnderAFenceIsGoneFromItsBackups() {
        try (Turn turn = turns.take(what)) {
            Entries entries = new Entries(one).under(turn.fence());
            entries.change("fenced", changes("mine")).join();
            assertEquals(KEYS, other.getMap("fenced").size());
            entries.clear("fenced").join();
        }
        other.getLifecycleService().terminate();
        assertEquals(0, one.getMap("fenced").size());
    }

    @Test
    void ofChangesUnderAFenceEachIsMadeOrRefusedByItself() {
        try (Turn turn = turns.take(what)) {
            Entries entries = new Entries(one).under(turn.fence());
            List<Change> both = List.of(
                    Change.setIfSame("key-1", json("missing"), json("mine")),
                    Change.setIfSame("key-1", null, json("mine")));
            assertEquals(Set.of("key-1"), entries.change("fenced", both).join().keySet());
            assertEquals("\"mine\"", other.getMap("fenced").get("key-1").toString());
        }
    }

    private static final int KEYS = 500;

    private static byte[] json(String text) {
        return ('"' + text + '"').getBytes(StandardCharsets.UTF_8);
    }

    private static List<Change> changes(String text) {
        return IntStream.range(0, KEYS)
                .mapToObj(number -> Change.set("key-" + number, json(text)))
                .toList();
    }

    private static void assertLost(CompletableFuture<?> made) {
        CompletionException failure = assertThrows(CompletionException.class, made::join);
        assertInstanceOf(TurnLost.class, TurnLost.orElse(failure));
    }

    @Test
    void whatIsKeptElsewhereCantBeWrittenSo() {
        try (Turn turn = turns.take(what)) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> turn.write(one.<String, String>getMap("written"), keyOf(other), "mine"));
            String id = turns.beside(what, number -> "id-" + number);
            turn.write(one.<String, String>getMap("written"), id, "mine");
            assertEquals("mine", other.getMap("written").get(id));
        }
    }

    @Test
    void itsIdSaysWhoIsAtIt() {
        try (Turn turn = turns.take(what, "mine")) {
            assertNotNull(turn);
            assertEquals("mine", ofOther.whoIsAt(what));
        }
        assertNull(ofOther.whoIsAt(what));
    }

    @Test
    void oneThatWasPerhapsTakenIsGivenBack() {
        List<CompletionStage<Object>> hanging = hangBackups();
        assertThrows(IndeterminateOperationStateException.class, () -> turns.take(what));
        assertNotNull(one.getMap(Names.TURNS).get(what), "it was taken, and nobody was told");
        goOn(hanging);

        assertNull(ofOther.take(what));
        turns.look();
        assertNotNull(ofOther.take(what));
    }

    @Test
    void oneThatWasPerhapsTakenIsNotInTheWayOfTheNextOfTheSameMember() {
        List<CompletionStage<Object>> hanging = hangBackups();
        assertThrows(IndeterminateOperationStateException.class, () -> turns.take(what));
        goOn(hanging);

        Turn next = turns.take(what);
        assertNotNull(next);
        turns.look();
        assertNull(ofOther.take(what));
        next.close();
        assertNotNull(ofOther.take(what));
    }

    @Test
    void oneThatIsGivenBackWhileABackupHangsIsFree() {
        Turn turn = turns.take(what);
        List<CompletionStage<Object>> hanging = hangBackups();
        turn.close();
        goOn(hanging);
        turns.look();
        assertNotNull(ofOther.take(what));
    }

    private static String keyOf(HazelcastInstance member) {
        for (int number = 0; ; number++) {
            Partition partition = member.getPartitionService().getPartition("key-" + number);
            if (partition.getOwner().localMember()) {
                return "key-" + number;
            }
        }
    }

    /** The other member is busy with what it owns: of what it backs up it acknowledges nothing. */
    private List<CompletionStage<Object>> hangBackups() {
        hung = new CountDownLatch(1);
        IMap<String, String> map = other.getMap("hung");
        Map<Integer, String> keys = new TreeMap<>();
        for (int number = 0; number < 2_000; number++) {
            Partition partition = other.getPartitionService().getPartition("hung-" + number);
            if (partition.getOwner().localMember()) {
                keys.putIfAbsent(partition.getPartitionId(), "hung-" + number);
            }
        }
        List<CompletionStage<Object>> hanging = new ArrayList<>();
        keys.values().forEach(key -> hanging.add(map.submitToKey(key, new Hang())));
        return hanging;
    }

    private static void goOn(List<CompletionStage<Object>> hanging) {
        hung.countDown();
        hanging.forEach(each -> each.toCompletableFuture().join());
    }

    private static final class Hang implements EntryProcessor<String, String, Object> {
        @Override
        public Object process(Map.Entry<String, String> entry) {
            try {
                hung.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return null;
        }

        @Override
        public EntryProcessor<String, String, Object> getBackupProcessor() {
            return null;
        }
    }
}
