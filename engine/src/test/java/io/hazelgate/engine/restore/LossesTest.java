package io.hazelgate.engine.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import io.hazelgate.engine.TestMember;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** More members go at once than there are backups: what is lost is on record until somebody knows of it. */
class LossesTest {
    @Test
    void lostPartitionsAreNoticedAndThoseWithABackupAreNot() throws Exception {
        String cluster = "losses-" + UUID.randomUUID();
        int seed = TestMember.freePort();
        List<HazelcastInstance> members = new ArrayList<>();
        try {
            members.add(TestMember.newMember(cluster, seed, seed));
            for (int i = 0; i < 3; i++) {
                members.add(TestMember.newMember(cluster, TestMember.freePort(), seed));
            }
            TestMember.awaitSafe(members.get(0));
            Losses losses = new Losses(members.get(0), null, false);
            losses.look();
            assertNull(losses.known());
            members.get(3).getLifecycleService().terminate();
            TestMember.awaitSafe(members.get(0));
            losses.look();
            assertNull(losses.known(), "a backup takes the place of each copy that went");

            members.add(TestMember.newMember(cluster, TestMember.freePort(), seed));
            TestMember.awaitSafe(members.get(0));
            List.of(1, 2, 4).parallelStream()
                    .forEach(i -> members.get(i).getLifecycleService().terminate());
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (losses.known() == null) {
                assertTrue(System.nanoTime() < until, "the loss is noticed in time");
                losses.look();
                Thread.onSpinWait();
            }
            // All that is lost is told once every partition is somewhere again.
            TestMember.awaitSafe(members.get(0));
            losses.look();
            assertEquals(71, losses.known().getInt("of", 0));
            assertTrue(losses.acknowledge());
            assertFalse(losses.acknowledge());
            losses.look();
            assertNull(losses.known());
        } finally {
            members.forEach(member -> member.getLifecycleService().terminate());
        }
    }
}
