package io.hazelgate.engine.entries;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.internal.serialization.SerializationService;
import com.hazelcast.partition.strategy.StringPartitioningStrategy;
import io.hazelgate.engine.TestMember;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyDataTest {
    private static SerializationService serialization;

    @BeforeAll
    static void hazelcastsOwn() throws Exception {
        serialization =
                ((HazelcastInstanceProxy) TestMember.hazelcast()).getOriginal().getSerializationService();
    }

    @ParameterizedTest(name = "\"{0}\"")
    @ValueSource(
            strings = {
                "",
                "a",
                "0190f6ab-7a3c-7c1e-b9d0-5f2f3c6f7b11",
                "0190f6ab-7a3c-7c1e-b9d0-5f2f3c6f7b11@customer-1",
                "Order:17@0190f6ab",
                "@",
                "a@",
                "@b",
                "a@b@c",
                "Zoë 🦊@straße",
                "half a pair \ud83e@\udd8a"
            })
    void keysAreAsHazelcastWouldMakeThem(String key) {
        assertArrayEquals(
                serialization.toData(key).toByteArray(), KeyData.of(key).toByteArray());
        assertArrayEquals(
                serialization.toData(key, StringPartitioningStrategy.INSTANCE).toByteArray(),
                KeyData.ofLane(key).toByteArray());
    }
}
