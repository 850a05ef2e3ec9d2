package io.hazelgate.engine.network;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.partition.InternalPartitionService;
import com.hazelcast.internal.partition.MigrationInfo;
import com.hazelcast.internal.partition.impl.InternalPartitionServiceImpl;
import com.hazelcast.internal.partition.impl.MigrationInterceptor;
import com.hazelcast.internal.partition.impl.PartitionServiceState;
import com.hazelcast.jet.impl.util.Util;
import com.hazelcast.jet.pipeline.Pipeline;
import com.hazelcast.jet.pipeline.Sinks;
import com.hazelcast.jet.pipeline.SourceBuilder;
import io.hazelgate.engine.TestMember;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A member goes that holds much: the others run the job while they still make its backups again. */
class EarlyJobsTest {
    private static final AtomicInteger BEGUN = new AtomicInteger();

    @Test
    void aJobStartsBeforeTheBackupsOfAMemberThatWentAreMadeAgain() throws Exception {
        String cluster = "test-" + TestMember.newId();
        int seed = TestMember.freePort();
        List<HazelcastInstance> members = new ArrayList<>();
        CountDownLatch copied = new CountDownLatch(1);
        try {
            members.add(TestMember.newMember(cluster, seed, seed));
            members.add(TestMember.newMember(cluster, TestMember.freePort(), seed));
            members.add(TestMember.newMember(cluster, TestMember.freePort(), seed));
            TestMember.awaitSafe(members.get(2));
            members.get(0).getJet().newJob(job());
            await(3);
            // As if there were so much that it takes long.
            InternalPartitionServiceImpl master = partitions(members.get(0));
            master.setMigrationInterceptor(new Waiting(copied));
            members.get(2).getLifecycleService().terminate();
            await(5);
            assertNotEquals(
                    PartitionServiceState.SAFE,
                    master.getPartitionReplicaStateChecker().getPartitionServiceState());
        } finally {
            copied.countDown();
            members.forEach(member -> member.getLifecycleService().terminate());
        }
    }

    /** One part on each member that says that it begins. */
    private static Pipeline job() {
        Pipeline pipeline = Pipeline.create();
        pipeline.readFrom(SourceBuilder.stream("begun", context -> BEGUN.incrementAndGet())
                        .<Integer>fillBufferFn((number, buffer) -> {})
                        .distributed(1)
                        .build())
                .withoutTimestamps()
                .writeTo(Sinks.noop());
        return pipeline;
    }

    private record Waiting(CountDownLatch until) implements MigrationInterceptor {
        @Override
        public void onMigrationStart(MigrationParticipant participant, MigrationInfo migration) {
            try {
                until.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void await(int begun) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (BEGUN.get() < begun) {
            assertTrue(System.nanoTime() < until, "only " + BEGUN.get() + " parts have begun");
            Thread.onSpinWait();
        }
    }

    private static InternalPartitionServiceImpl partitions(HazelcastInstance member) {
        InternalPartitionService service = Util.getNodeEngine(member).getPartitionService();
        return (InternalPartitionServiceImpl) service;
    }
}
