package io.hazelgate.engine.network;

import com.hazelcast.internal.networking.Channel;
import com.hazelcast.internal.networking.ChannelInitializer;
import com.hazelcast.internal.networking.ChannelOption;
import com.hazelcast.internal.networking.ChannelOptions;
import com.hazelcast.internal.networking.HandlerStatus;
import com.hazelcast.internal.server.ServerContext;
import com.hazelcast.internal.server.tcp.UnifiedProtocolDecoder;
import com.hazelcast.internal.server.tcp.UnifiedProtocolEncoder;
import com.hazelcast.spi.properties.ClusterProperty;
import com.hazelcast.spi.properties.HazelcastProperties;
import com.hazelcast.spi.properties.HazelcastProperty;

/**
 * Makes connections that wait quietly until the other side has said which protocol it speaks.
 *
 * <p>Hazelcast 5.7.0 keeps a thread busy meanwhile (its issues 26388 and 26473): where a member that hangs is called, the system accepts for it,
 * the encoder has sent the protocol and says that it is done, the handshake behind it is still to be sent, and so the encoder is called
 * again, without an end. A thread for output serves many connections, and none of the others any more: two members that took each
 * other for dead did not meet again for as long as the third hung.
 */
final class PatientChannels implements ChannelInitializer {
    private final ServerContext server;
    private final HazelcastProperties properties;

    PatientChannels(ServerContext server) {
        this.server = server;
        properties = server.properties();
    }

    /** As Hazelcast's own has it, with another encoder. */
    @Override
    public void initChannel(Channel channel) {
        ChannelOptions options = channel.options();
        options.setOption(ChannelOption.DIRECT_BUF, properties.getBoolean(ClusterProperty.SOCKET_BUFFER_DIRECT))
                .setOption(ChannelOption.TCP_NODELAY, properties.getBoolean(ClusterProperty.SOCKET_NO_DELAY))
                .setOption(ChannelOption.SO_KEEPALIVE, properties.getBoolean(ClusterProperty.SOCKET_KEEP_ALIVE))
                .setOption(ChannelOption.SO_SNDBUF, bytes(ClusterProperty.SOCKET_SEND_BUFFER_SIZE))
                .setOption(ChannelOption.SO_RCVBUF, bytes(ClusterProperty.SOCKET_RECEIVE_BUFFER_SIZE))
                .setOption(ChannelOption.SO_LINGER, properties.getSeconds(ClusterProperty.SOCKET_LINGER_SECONDS))
                .setOption(ChannelOption.TCP_KEEPIDLE, properties.getInteger(ClusterProperty.SOCKET_KEEP_IDLE))
                .setOption(ChannelOption.TCP_KEEPCOUNT, properties.getInteger(ClusterProperty.SOCKET_KEEP_COUNT))
                .setOption(ChannelOption.TCP_KEEPINTERVAL, properties.getInteger(ClusterProperty.SOCKET_KEEP_INTERVAL));
        UnifiedProtocolEncoder encoder = new PatientEncoder(server);
        channel.outboundPipeline().addLast(encoder);
        channel.inboundPipeline().addLast(new UnifiedProtocolDecoder(server, encoder));
    }

    /** A setting in kilobytes. */
    private int bytes(HazelcastProperty size) {
        return properties.getInteger(size) * ServerContext.KILO_BYTE;
    }

    /** Sends which protocol it speaks, and then lets the connection rest until the other side has said so, too. */
    static final class PatientEncoder extends UnifiedProtocolEncoder {
        PatientEncoder(ServerContext server) {
            super(server);
        }

        /**
         * Whatever the decoder signals wakes a blocked connection up. Where this encoder has just been replaced, the answer is not looked at.
         */
        @Override
        public HandlerStatus onWrite() {
            HandlerStatus status = super.onWrite();
            return status == HandlerStatus.CLEAN ? HandlerStatus.BLOCKED : status;
        }
    }
}
