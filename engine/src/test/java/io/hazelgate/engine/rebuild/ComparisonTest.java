package io.hazelgate.engine.rebuild;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.JsonValue;
import io.hazelgate.engine.TestMember;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComparisonTest {
    private final HazelcastInstance hazelcast = TestMember.hazelcast();
    private final String id = "rb" + TestMember.newId();
    private final String first = TestMember.newId() + "-view";
    private final String second = TestMember.newId() + "-view";
    private final Rebuild rebuild = Rebuild.begun(
            id,
            Rebuild.Kind.DIFF,
            Map.of(first, id + '.' + first, second, id + '.' + second),
            0,
            List.of(),
            Map.of(),
            0);
    private final Comparison comparison = new Comparison(TestMember.store(hazelcast), rebuild);

    ComparisonTest() throws Exception {}

    @AfterEach
    void dropAll() {
        rebuild.targets().forEach((view, target) -> {
            hazelcast.getMap(view).destroy();
            hazelcast.getMap(target).destroy();
        });
        Comparison.forget(hazelcast, id);
    }

    private void put(String view, String key, String live, String fresh) {
        put(view, key, live);
        put(rebuild.targets().get(view), key, fresh);
    }

    private void put(String map, String key, String fields) {
        hazelcast.getMap(map).set(key, new HazelcastJsonValue("{\"_meta\":{\"version\":1}," + fields + '}'));
    }

    private long found() {
        comparison.look();
        return comparison.lookAgain();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            "of":{"a":1,"b":{"x":[1],"y":2}},"n":3 | "n":3,"of":{"b":{"y":2,"x":[1]},"a":1}
            "n":1.0,"m":100                        | "n":1,"m":1e2
            "text":"\\u00fc\\/"                    | "text":"ü/"
            "list": [ 1, null ]                    | "list":[1,null]
            """)
    void theSameValuesInAnotherWritingAreNoDifference(String live, String fresh) {
        put(first, "key", live, fresh);
        assertEquals(0, found());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            "list":[1,2]     | "list":[2,1]
            "n":1            | "n":"1"
            "n":null         | "m":null
            "n":1            | "n":1,"m":null
            "n":true         | "n":false
            "of":{"a":1}     | "of":{"a":1,"b":1}
            """)
    void otherValuesAreADifference(String live, String fresh) {
        put(first, "key", live, fresh);
        assertEquals(1, found());
    }

    @Test
    void manyDifferencesInOneViewHideNoneOfAnother() {
        for (int i = 0; i < 1_200; i++) {
            put(first, "key" + i, "\"n\":1", "\"n\":2");
        }
        for (int i = 0; i < 5; i++) {
            put(second, "key" + i, "\"n\":1", "\"n\":2");
        }
        assertEquals(1_205, found());
        Map<String, Integer> onRecord = new HashMap<>();
        for (JsonValue difference : Comparison.differences(hazelcast, id).asArray()) {
            onRecord.merge(difference.asObject().getString("view", ""), 1, Integer::sum);
        }
        assertEquals(Map.of(first, 1_000, second, 5), onRecord);
    }
}
