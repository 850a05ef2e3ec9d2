package io.hazelgate.engine.network;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.hazelcast.cluster.Address;
import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.internal.server.ServerConnectionManager;
import io.hazelgate.engine.TestMember;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class HungMemberTest {
    private static Config config(String cluster, int port, int seedPort) {
        Config config = new Config();
        config.setClusterName(cluster);
        // All connections have the same thread for what they send.
        config.setProperty("hazelcast.io.output.thread.count", "1");
        config.setProperty("hazelcast.phone.home.enabled", "false");
        config.setProperty("hazelcast.wait.seconds.before.join", "0");
        config.getNetworkConfig()
                .setPort(port)
                .setPortAutoIncrement(false)
                .setPublicAddress("127.0.0.1:" + port)
                .getInterfaces()
                .setEnabled(true)
                .addInterface("127.0.0.1");
        JoinConfig join = config.getNetworkConfig().getJoin();
        join.getAutoDetectionConfig().setEnabled(false);
        join.getTcpIpConfig().setEnabled(true);
        join.getTcpIpConfig().addMember("127.0.0.1:" + seedPort);
        return config;
    }

    private static ServerSocket listening() throws Exception {
        return new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    }

    /** A socket that nobody accepts from is what a stopped process looks like: the system accepts, and nothing is ever said. */
    @Test
    @Timeout(300)
    void whoHasCalledAMemberThatHangsCanStillTalkToOthers() throws Exception {
        int first = TestMember.freePort();
        String cluster = "hung-" + UUID.randomUUID();
        HazelcastInstance one = MemberContext.newMember(config(cluster, first, first));
        try (ServerSocket hung = new ServerSocket(0, 100, InetAddress.getLoopbackAddress())) {
            call(one, hung.getLocalPort());
            HazelcastInstance other = MemberContext.newMember(config(cluster, TestMember.freePort(), first));
            try {
                assertEquals(2, other.getCluster().getMembers().size());
            } finally {
                other.getLifecycleService().terminate();
            }
        } finally {
            one.getLifecycleService().terminate();
        }
    }

    private static void call(HazelcastInstance member, int port) throws Exception {
        ServerConnectionManager connections = ((HazelcastInstanceProxy) member)
                .getOriginal()
                .node
                .getServer()
                .getConnectionManager(EndpointQualifier.MEMBER);
        connections.getOrConnect(new Address("127.0.0.1", port), true);
        while (connections.getConnections().isEmpty()) {
            Thread.sleep(10);
        }
    }
}
