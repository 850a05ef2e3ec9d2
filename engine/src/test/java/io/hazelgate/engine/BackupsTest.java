package io.hazelgate.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.hazelcast.core.DistributedObject;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.impl.MapService;
import io.hazelgate.engine.wire.Names;
import java.lang.reflect.Field;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Two members that are lost at once take nothing along: guarantees.md promises two backups of every map. */
class BackupsTest {
    private static final int PROMISED = 2;

    private static Map<String, Integer> otherwise(HazelcastInstance member, Stream<String> maps) {
        Map<String, Integer> otherwise = new TreeMap<>();
        maps.forEach(map -> {
            var settings = member.getConfig().findMapConfig(map);
            if (settings.getBackupCount() != PROMISED) {
                otherwise.put(map, settings.getBackupCount());
            }
        });
        return otherwise;
    }

    @Test
    void everyMapThatAMemberHasIsThereThreeTimes() throws Exception {
        HazelcastInstance member = TestMember.hazelcast();
        assertEquals(
                Map.of(),
                otherwise(
                        member,
                        member.getDistributedObjects().stream()
                                .filter(each -> each.getServiceName().equals(MapService.SERVICE_NAME))
                                .map(DistributedObject::getName)));
    }

    @Test
    void everyMapThatOneMayGetIsThereThreeTimes() throws Exception {
        Stream<String> named = Stream.of(Names.class.getFields())
                .filter(field -> field.getType() == String.class)
                .map(BackupsTest::text);
        Stream<String> made = Stream.of(
                "order-view",
                "g2.order-view",
                "rb1.order-view",
                "letters.rb1",
                "letters.kept.g2.order-view",
                "of-a-name-that-nobody-has-thought-of");
        assertEquals(Map.of(), otherwise(TestMember.hazelcast(), Stream.concat(named, made)));
    }

    private static String text(Field name) {
        try {
            return (String) name.get(null);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
