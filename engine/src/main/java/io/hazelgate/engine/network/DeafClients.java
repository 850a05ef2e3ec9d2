package io.hazelgate.engine.network;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.networking.OutboundFrame;
import com.hazelcast.internal.networking.nio.NioOutboundPipeline;
import com.hazelcast.internal.server.ServerConnection;
import com.hazelcast.internal.server.tcp.TcpServerConnection;
import com.hazelcast.jet.impl.util.Util;
import com.hazelcast.logging.ILogger;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Disconnects clients that do not read what is sent to them: Hazelcast keeps it all in memory, without a bound, until the client's
 * heartbeat has been missing for five minutes.
 *
 * <p>A client that goes on connects again, and hears that it has missed something.
 */
public final class DeafClients {
    private static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(15);

    /** More than this waits for no client, however fast it reads. */
    private final long maxBytes;

    private final HazelcastInstance hazelcast;
    private final LongAdder disconnected = new LongAdder();
    private final ILogger log;
    /** Connections for which something waits, and since when nothing of it has left. */
    private Map<ServerConnection, Waiting> waiting = Map.of();

    private record Waiting(long bytesWritten, long sinceNanos) {}

    public DeafClients(HazelcastInstance hazelcast) {
        this(hazelcast, Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 16));
    }

    DeafClients(HazelcastInstance hazelcast, long maxBytes) {
        this.hazelcast = hazelcast;
        this.maxBytes = maxBytes;
        log = hazelcast.getLoggingService().getLogger(DeafClients.class);
    }

    public long disconnected() {
        return disconnected.sum();
    }

    /** Looks at all connections, about once a second. */
    public void look() {
        long now = System.nanoTime();
        Map<ServerConnection, Waiting> still = new HashMap<>();
        for (ServerConnection each :
                Util.getNodeEngine(hazelcast).getNode().getServer().getConnections()) {
            if (each.isClient() && each instanceof TcpServerConnection connection) {
                look(connection, now, still);
            }
        }
        waiting = still;
    }

    private void look(TcpServerConnection connection, long now, Map<ServerConnection, Waiting> still) {
        if (!(connection.getChannel().outboundPipeline() instanceof NioOutboundPipeline pipeline)
                || pipeline.totalFramesPending() == 0) {
            return;
        }
        long bytes = bytesIn(pipeline);
        if (bytes > maxBytes) {
            disconnect(connection, (bytes >> 20) + " MiB wait for it");
            return;
        }
        long written = connection.getChannel().bytesWritten();
        Waiting before = waiting.get(connection);
        if (before == null || before.bytesWritten != written) {
            still.put(connection, new Waiting(written, now));
        } else if (now - before.sinceNanos > SILENT_NANOS) {
            disconnect(
                    connection,
                    "it has read nothing for " + TimeUnit.NANOSECONDS.toSeconds(now - before.sinceNanos) + " s, and "
                            + bytes + " bytes wait for it");
        } else {
            still.put(connection, before);
        }
    }

    private static long bytesIn(NioOutboundPipeline pipeline) {
        long bytes = 0;
        for (OutboundFrame frame : pipeline.writeQueue) {
            bytes += frame.getFrameLength();
        }
        return bytes;
    }

    private void disconnect(TcpServerConnection connection, String why) {
        disconnected.increment();
        log.warning("the client at " + connection.getRemoteSocketAddress() + " is disconnected: " + why);
        connection.close("it does not read: " + why, null);
    }
}
