package io.hazelgate.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import io.hazelgate.engine.index.Indexes;
import io.hazelgate.engine.lanes.Lanes;
import io.hazelgate.engine.live.PipelineSettings;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.network.MemberContext;
import io.hazelgate.engine.network.Task;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** A real member, once for all tests of a run, as the launcher configures it; its pipeline waits for a projector that never comes. */
public final class TestMember {
    private static final Map<HazelcastInstance, Engine> ENGINES = new ConcurrentHashMap<>();

    private static HazelcastInstance hazelcast;

    private TestMember() {}

    public static synchronized HazelcastInstance hazelcast() throws Exception {
        if (hazelcast == null) {
            int port = freePort();
            hazelcast = newMember("test-" + UUID.randomUUID(), port, port);
        }
        return hazelcast;
    }

    /** One more member, for tests that need a cluster of their own; the caller shuts it down. */
    public static HazelcastInstance newMember(String cluster, int port, int seedPort) throws Exception {
        return newMember(cluster, port, seedPort, PipelineSettings.one("127.0.0.1:1"));
    }

    /** One more member, with these pipelines. */
    public static HazelcastInstance newMember(String cluster, int port, int seedPort, List<PipelineSettings> pipelines)
            throws Exception {
        Logs.configure();
        Settings settings = new Settings(
                cluster, "127.0.0.1", port, "127.0.0.1:" + seedPort, pipelines, 60, 100, 1, 4_096, 30, null);
        HazelcastInstance member = MemberContext.newMember(io.hazelgate.engine.Member.config(settings));
        Engine engine = new Engine(member, settings);
        engine.readiness.restoring(null);
        engine.readiness.importing(null);
        ENGINES.put(member, engine);
        return member;
    }

    /**
     * Returns when every partition is where it belongs, with its backups. What is written before waits now and then for a backup that
     * never comes, and fails.
     */
    public static void awaitSafe(HazelcastInstance member) {
        assertTrue(member.getPartitionService().forceLocalMemberToBeSafe(120, TimeUnit.SECONDS));
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (!allHaveSome(member) || !member.getPartitionService().isClusterSafe()) {
            assertTrue(System.nanoTime() < until, "the cluster is safe in time");
            Thread.onSpinWait();
        }
    }

    /** A cluster is safe, too, before a member that has just joined gets its share. */
    private static boolean allHaveSome(HazelcastInstance member) {
        Set<Member> owners = new HashSet<>();
        member.getPartitionService().getPartitions().forEach(partition -> owners.add(partition.getOwner()));
        return owners.equals(member.getCluster().getMembers());
    }

    public static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    public static Store store(HazelcastInstance member) {
        return ENGINES.get(member).store;
    }

    public static Lanes lanes(HazelcastInstance member) {
        return ENGINES.get(member).lanes;
    }

    public static Indexes indexes(HazelcastInstance member) {
        return ENGINES.get(member).indexes;
    }

    public static Pipelines pipelines(HazelcastInstance member) {
        return ENGINES.get(member).pipelines;
    }

    /** What a gateway sends, and a member answers. */
    public static byte[] ask(HazelcastInstance member, int classId, byte[] request) throws Exception {
        Task task = new Task(classId, request, 60_000);
        task.setHazelcastInstance(member);
        return task.call();
    }

    /** An id that no other test has. */
    public static String newId() {
        return UUID.randomUUID().toString();
    }
}
