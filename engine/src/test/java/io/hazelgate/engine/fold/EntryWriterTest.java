package io.hazelgate.engine.fold;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.projector.Write;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Names;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EntryWriterTest {
    private final String id = TestMember.newId();
    private HazelcastInstance hazelcast;
    private EntryWriter writer;

    @BeforeEach
    void aWriterIntoOtherMapsThanTheProjectorNames() throws Exception {
        hazelcast = TestMember.hazelcast();
        writer = new EntryWriter(
                new Entries(hazelcast), map -> map.equals(Names.DEAD_LETTER_EVENTS) ? map : map + "-" + id);
    }

    private static byte[] version(int version) {
        return ("{\"_meta\":{\"version\":" + version + "}}").getBytes(StandardCharsets.UTF_8);
    }

    private Write write(String map, String key, int expectedVersion, int... events) {
        return new Write(map, key, expectedVersion, version(expectedVersion + 1), events);
    }

    private boolean isThere(String map, String key) {
        return hazelcast.getMap(map + "-" + id).containsKey(key);
    }

    @Test
    void ofSeveralMapsOnlyWhatHasAnotherVersionIsRefused() {
        hazelcast.getMap("orders-" + id).set("a", new HazelcastJsonValue(new String(version(7))));
        List<Write> refused = writer.write(
                        List.of(write("orders", "a", 0, 0), write("orders", "b", 0, 1), write("customers", "a", 0, 0)))
                .join();
        assertEquals(
                List.of("orders a"),
                refused.stream().map(each -> each.map() + " " + each.key()).toList());
        assertTrue(isThere("orders", "b"));
        assertTrue(isThere("customers", "a"));
    }

    @Test
    void anEventWhoseLetterIsRefusedChangesNothingElse() {
        hazelcast.getMap(Names.DEAD_LETTER_EVENTS).set(id, new HazelcastJsonValue(new String(version(7))));
        Set<Integer> refused = writer.writeLettersFirst(List.of(
                write("orders", "a", 0, 0, 1), write("orders", "b", 0, 2), write(Names.DEAD_LETTER_EVENTS, id, 0, 1)));
        hazelcast.getMap(Names.DEAD_LETTER_EVENTS).delete(id);
        assertEquals(Set.of(0, 1), refused, "event 0 goes into the same entry");
        assertFalse(isThere("orders", "a"));
        assertTrue(isThere("orders", "b"));
    }

    @Test
    void whereNothingIsWrittenNothingIsRefused() {
        assertEquals(List.of(), writer.write(List.of()).join());
        assertEquals(Set.of(), writer.writeLettersFirst(List.of()));
    }
}
