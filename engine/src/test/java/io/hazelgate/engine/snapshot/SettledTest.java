package io.hazelgate.engine.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.wire.Names;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SettledTest {
    private final Store store = TestMember.store(TestMember.hazelcast());
    private final HazelcastInstance hazelcast = store.hazelcast();
    private final String id = TestMember.newId();

    SettledTest() throws Exception {}

    private static void put(HazelcastInstance member, String map, String key, String json) {
        member.getMap(map).set(key, new HazelcastJsonValue(json));
    }

    /** An event at position 1234. */
    private static void store(HazelcastInstance member, String eventId, String key) {
        put(member, Names.EVENT_IDS, eventId, "{\"hash\":\"h\",\"key\":\"" + key + "\"}");
        put(
                member,
                Names.EVENT_STORE,
                key,
                "{\"eventId\":\"" + eventId + "\",\"cursor\":\"0000000000001234-00001\",\"lane\":1,\"position\":1234}");
    }

    private static void submit(HazelcastInstance member, String eventId, String key) {
        put(member, Names.PENDING_EVENTS, key, "{\"eventId\":\"" + eventId + "\",\"eventType\":\"Unheard\"}");
    }

    @Test
    void whatIsStoredAndStillPendingIsNotSettled() {
        String pending = id + "@a1";
        String key = "T:1@a1" + id;
        long gates = 5_000_000;
        try {
            store(hazelcast, id, key);
            assertEquals(gates, new Settled(store, null).below(gates), "it is through: nobody waits for it");
            // The run that stored it died before it wrote the views: no gate knows, but it is still pending.
            submit(hazelcast, id, pending);
            assertEquals(1233, new Settled(store, null).below(gates));
        } finally {
            hazelcast.getMap(Names.PENDING_EVENTS).delete(pending);
            hazelcast.getMap(Names.EVENT_IDS).delete(id);
            hazelcast.getMap(Names.EVENT_STORE).delete(key);
        }
    }

    @Test
    void theFirstEventIsWaitedForWhileItIsPending() throws Exception {
        int port = TestMember.freePort();
        HazelcastInstance own = TestMember.newMember("settled-" + id, port, port);
        try {
            Settled settled = new Settled(TestMember.store(own), null);
            long gates = 5_000_000;
            assertEquals(0, settled.counted(gates, () -> gates).events(), "an empty log is not waited for");
            store(own, "e1", "T:1@a1");
            submit(own, "e1", "e1@a1");
            AtomicInteger looks = new AtomicInteger();
            Settled.Counted counted = settled.counted(gates, () -> {
                if (looks.incrementAndGet() == 3) {
                    own.getMap(Names.PENDING_EVENTS).delete("e1@a1");
                }
                return gates;
            });
            assertEquals(new Settled.Counted(gates, 1), counted);
            assertEquals(3, looks.get());
        } finally {
            own.shutdown();
        }
    }
}
