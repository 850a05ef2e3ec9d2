package io.hazelgate.engine.network;

import com.hazelcast.config.Config;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.instance.impl.DefaultNodeContext;
import com.hazelcast.instance.impl.DefaultNodeExtension;
import com.hazelcast.instance.impl.HazelcastInstanceFactory;
import com.hazelcast.instance.impl.Node;
import com.hazelcast.instance.impl.NodeExtension;
import com.hazelcast.internal.networking.ChannelInitializer;
import com.hazelcast.internal.server.ServerContext;
import com.hazelcast.internal.server.tcp.ChannelInitializerFunction;
import java.util.function.Function;

/** A member as Hazelcast makes it, but for what it does while somebody whom it has called says nothing. */
public final class MemberContext extends DefaultNodeContext {
    private MemberContext() {}

    public static HazelcastInstance newMember(Config config) {
        return HazelcastInstanceFactory.newHazelcastInstance(config, config.getInstanceName(), new MemberContext());
    }

    @Override
    public NodeExtension createNodeExtension(Node node) {
        return new DefaultNodeExtension(node) {
            @Override
            public Function<EndpointQualifier, ChannelInitializer> createChannelInitializerFn(ServerContext server) {
                ChannelInitializerFunction initializers = new ChannelInitializerFunction(server, node.getConfig()) {
                    @Override
                    protected ChannelInitializer provideUnifiedChannelInitializer() {
                        return new PatientChannels(server);
                    }
                };
                initializers.init();
                return initializers;
            }
        };
    }
}
