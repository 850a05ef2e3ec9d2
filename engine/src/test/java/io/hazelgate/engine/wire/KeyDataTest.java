package io.hazelgate.engine.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.internal.serialization.SerializationService;
import com.hazelcast.partition.strategy.StringPartitioningStrategy;
import io.hazelgate.engine.TestMember;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
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
        assertSame(serialization.toData(key), KeyData.of(key));
        assertSame(serialization.toData(key, StringPartitioningStrategy.INSTANCE), KeyData.ofLane(key));
    }

    private static void assertSame(Data theirs, Data ours) {
        assertArrayEquals(theirs.toByteArray(), ours.toByteArray());
        assertEquals(theirs, ours);
        assertEquals(ours, theirs);
        for (int time = 0; time < 2; time++) {
            assertEquals(theirs.hashCode(), ours.hashCode());
            assertEquals(theirs.getPartitionHash(), ours.getPartitionHash());
        }
    }

    @Test
    void aKeyIsMadeOfAPartOfSomeBytes() {
        byte[] bytes = "\"a@Zoë\",".getBytes(StandardCharsets.UTF_8);
        assertSame(serialization.toData("a@Zoë"), KeyData.of(bytes, 1, bytes.length - 2));
        assertSame(
                serialization.toData("a@Zoë", StringPartitioningStrategy.INSTANCE),
                KeyData.ofLane(bytes, 1, bytes.length - 2));
    }
}
