package io.hazelgate.engine.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.hazelcast.core.HazelcastInstance;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Names;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EventMapsTest {
    private final HazelcastInstance hazelcast = TestMember.hazelcast();
    private final EventMaps maps = new EventMaps(new Entries(hazelcast));
    private final String id = TestMember.newId();
    private final String place = "T:1@" + id;

    EventMapsTest() throws Exception {}

    private StoredEvent event(String eventId) {
        String record = "{\"eventId\":\"" + eventId + "\",\"aggregateType\":\"T\",\"aggregateId\":\"" + id
                + "\",\"sequence\":1,\"cursor\":\"0000000000000001-00001\"}";
        return new StoredEvent("0000000000000001-00001", record.getBytes(StandardCharsets.UTF_8), "h");
    }

    private String at(String map, String key) {
        Object value = hazelcast.getMap(map).get(key);
        return value == null ? null : value.toString();
    }

    @AfterEach
    void removeIt() {
        maps.remove(List.of(event(id)));
        assertNull(at(Names.EVENT_IDS, id));
        assertNull(at(Names.EVENT_STORE, place));
    }

    @Test
    void anEventIsFoundByItsIdAndItsPlace() {
        maps.put(List.of(event(id)));
        assertEquals("{\"hash\":\"h\",\"key\":\"" + place + "\"}", at(Names.EVENT_IDS, id));
        assertEquals(new String(event(id).record(), StandardCharsets.UTF_8), at(Names.EVENT_STORE, place));
    }

    @Test
    void theSameEventMayComeAgainAndAnotherInItsPlaceMayNot() {
        maps.putWhereFree(List.of(event(id)));
        maps.putWhereFree(List.of(event(id)));
        List<StoredEvent> other = List.of(event(id + "-other"));
        String refused = assertThrows(IllegalArgumentException.class, () -> maps.putWhereFree(other))
                .getMessage();
        assertEquals("another event has the place " + place, refused);
        hazelcast.getMap(Names.EVENT_IDS).delete(id + "-other");
    }
}
