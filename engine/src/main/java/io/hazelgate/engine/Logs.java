package io.hazelgate.engine;

import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/** One line a message, Hazelcast's own only from warnings on (and who joins and leaves). */
final class Logs {
    private static final String FORMAT_PROPERTY = "java.util.logging.SimpleFormatter.format";
    private static final String LEVEL_PROPERTY = "hazelgate.log-level";

    /** Held here, because the log manager forgets a logger that nobody holds, and its level with it. */
    private static final List<Logger> CONFIGURED = List.of(
            Logger.getLogger("com.hazelcast"),
            Logger.getLogger("com.hazelcast.internal.cluster"),
            Logger.getLogger("com.hazelcast.system"),
            Logger.getLogger("io.grpc"),
            Logger.getLogger("com.zaxxer.hikari"));

    private Logs() {}

    /**
     * @throws IllegalArgumentException when {@code -Dhazelgate.log-level} is no level of java.util.logging
     */
    static void configure() {
        if (System.getProperty(FORMAT_PROPERTY) == null) {
            System.setProperty(FORMAT_PROPERTY, "%1$tF %1$tT.%1$tL %4$s %5$s%6$s%n");
        }
        String level = System.getProperty(LEVEL_PROPERTY);
        CONFIGURED.get(0).setLevel(level == null ? Level.WARNING : Level.parse(level));
        CONFIGURED.get(1).setLevel(level == null ? Level.INFO : Level.parse(level));
        // It warns of what is decided here on purpose (no security in the community edition: the address is private).
        CONFIGURED.get(2).setLevel(level == null ? Level.SEVERE : Level.parse(level));
        CONFIGURED.get(3).setLevel(level == null ? Level.WARNING : Level.parse(level));
        // What fails is said by the event log, once and shorter.
        CONFIGURED.get(4).setLevel(level == null ? Level.OFF : Level.parse(level));
    }
}
