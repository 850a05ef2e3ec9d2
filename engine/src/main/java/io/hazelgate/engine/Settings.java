package io.hazelgate.engine;

import io.hazelgate.engine.letters.DeadLetters.Retries;
import io.hazelgate.engine.live.PipelineSettings;
import io.hazelgate.engine.live.Shared.Limits;
import io.hazelgate.engine.wire.Property;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * What a member is told on its command line, as system properties.
 *
 * @param members the addresses of members to join, separated by commas
 * @param pipelines at least one; the same on all members but for the projectors' addresses
 * @param quorum how many members have to see one another before anything is read or written; 1: each goes on alone
 * @param journalCapacity events and removals that a partition's journal remembers
 * @param projectorTimeoutSeconds how long the projector may take for a batch
 * @param config a Hazelcast configuration in YAML; null for the one in this jar
 */
public record Settings(
        String clusterName,
        String host,
        int port,
        String members,
        List<PipelineSettings> pipelines,
        int completedTtlSeconds,
        int maxInFlight,
        int quorum,
        int journalCapacity,
        int projectorTimeoutSeconds,
        String config) {
    static final int DEFAULT_JOURNAL_CAPACITY = 4_096;

    static Settings fromSystemProperties() throws IOException {
        String host = System.getProperty("hazelgate.host", "127.0.0.1");
        int port = Property.whole("hazelgate.port", 5701, 0, 65_535);
        if (port == 0) {
            port = freePort(host);
        }
        return new Settings(
                System.getProperty("hazelgate.cluster-name", "dev"),
                host,
                port,
                System.getProperty("hazelgate.members", host + ":" + port),
                toldPipelines(),
                Property.whole("hazelgate.completed-ttl-seconds", 3_600, 1, Integer.MAX_VALUE),
                Property.whole("hazelgate.max-in-flight", 20_000, 1, Integer.MAX_VALUE),
                Property.whole("hazelgate.quorum", 1, 1, 100),
                Property.whole("hazelgate.journal-capacity", DEFAULT_JOURNAL_CAPACITY, 2, 1_000_000),
                Property.whole("hazelgate.projector-timeout-seconds", 30, 1, Integer.MAX_VALUE),
                System.getProperty("hazelgate.config"));
    }

    private static List<PipelineSettings> toldPipelines() {
        String told = System.getProperty("hazelgate.pipelines");
        return told == null
                ? PipelineSettings.one(System.getProperty("hazelgate.projector", "127.0.0.1:50051"))
                : PipelineSettings.parse(told);
    }

    Limits limits() {
        return new Limits(maxInFlight, journalCapacity, quorum, projectorTimeoutSeconds, completedTtlSeconds);
    }

    /** How many addresses of members it is told: so many members there are at least, where each has one. */
    int expectedMembers() {
        return (int) Stream.of(members.split(","))
                .map(String::trim)
                .filter(each -> !each.isEmpty())
                .distinct()
                .count();
    }

    static Retries retries() {
        return new Retries(
                Property.whole("hazelgate.retry-attempts", 6, 1, 30),
                Property.whole("hazelgate.retry-backoff-ms", 100, 1, 60_000));
    }

    /** For the placeholders of the YAML configuration. */
    Properties asProperties() {
        Properties properties = new Properties();
        properties.putAll(System.getProperties());
        properties.setProperty("hazelgate.cluster-name", clusterName);
        properties.setProperty("hazelgate.host", host);
        properties.setProperty("hazelgate.port", String.valueOf(port));
        properties.setProperty("hazelgate.members", members);
        properties.setProperty("hazelgate.completed-ttl-seconds", String.valueOf(completedTtlSeconds));
        return properties;
    }

    private static int freePort(String host) throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(host))) {
            return socket.getLocalPort();
        }
    }
}
