package io.hazelgate.engine;

import com.hazelcast.config.Config;
import com.hazelcast.config.FileSystemYamlConfig;
import com.hazelcast.config.YamlConfigBuilder;
import com.hazelcast.core.HazelcastInstance;
import io.hazelgate.engine.network.MemberContext;
import io.hazelgate.engine.wire.Ids;
import io.hazelgate.engine.wire.Names;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;

/** Starts a Hazelcast member with the event pipeline, and ends it in order on SIGTERM. */
public final class Member {
    private static final int EXIT_UNUSABLE_SETTINGS = 2;

    private Member() {}

    public static void main(String[] arguments) {
        // The libraries' own words and numbers, too, are the same everywhere: programs read them.
        Locale.setDefault(Locale.ROOT);
        Settings settings;
        Config config;
        try {
            Logs.configure();
            settings = Settings.fromSystemProperties();
            config = config(settings);
        } catch (IOException | RuntimeException e) {
            System.err.println("the member can't start: " + e.getMessage());
            System.exit(EXIT_UNUSABLE_SETTINGS);
            return;
        }
        HazelcastInstance hazelcast = MemberContext.newMember(config);
        Engine engine = start(hazelcast, settings);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(hazelcast, engine), "hazelgate-shutdown"));
        System.out.println("member listens on " + settings.host() + ":" + settings.port());
    }

    static Engine start(HazelcastInstance hazelcast, Settings settings) {
        Engine engine = new Engine(hazelcast, settings);
        engine.start();
        return engine;
    }

    /** Hazelcast hands over first what this member has: until then its part of the pipeline works on. */
    static void stop(HazelcastInstance hazelcast, Engine engine) {
        hazelcast.shutdown();
        engine.close();
    }

    static Config config(Settings settings) throws IOException {
        Config config;
        if (settings.config() != null) {
            config = new FileSystemYamlConfig(settings.config(), settings.asProperties());
        } else {
            try (InputStream yaml = Member.class.getResourceAsStream("/hazelgate.yaml")) {
                YamlConfigBuilder builder = new YamlConfigBuilder(yaml);
                builder.setProperties(settings.asProperties());
                config = builder.build();
            }
        }
        // -Dhazelcast.… goes before the file: Hazelcast itself looks at it only where the file is silent.
        config.getProperties().replaceAll((name, value) -> System.getProperty((String) name, (String) value));
        // Not for a user to choose: without these the gateway can't talk to the member.
        config.getSerializationConfig().addDataSerializableFactory(Ids.FACTORY, new EngineSerializers());
        // The indexes of these are the engine's own: Hazelcast's would be kept up for nothing, where a copy of an
        // earlier YAML has them.
        for (String map : List.of(Names.EVENT_STORE, Names.DEAD_LETTER_EVENTS)) {
            config.getMapConfig(map).setIndexConfigs(List.of());
        }
        Membership.configure(config, settings);
        return config;
    }
}
