package io.hazelgate.engine;

import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * One line a message, for a person or (as JSON) for a program, with the same members as the Python processes write. Hazelcast's own only
 * from warnings on (and who joins and leaves), unless everything is asked for.
 */
final class Logs {
    private static final String FORMAT_PROPERTY = "java.util.logging.SimpleFormatter.format";
    private static final String LEVEL_PROPERTY = "hazelgate.log-level";
    private static final String FORM_PROPERTY = "hazelgate.log-form";
    private static final Map<Level, String> NAMES = Map.of(
            Level.SEVERE, "ERROR",
            Level.CONFIG, "DEBUG",
            Level.FINE, "DEBUG",
            Level.FINER, "DEBUG",
            Level.FINEST, "DEBUG");

    /** Held here, because the log manager forgets a logger that nobody holds, and its level with it. */
    private static final Map<Logger, Level> LEAST = Map.of(
            Logger.getLogger("com.hazelcast"), Level.WARNING,
            Logger.getLogger("com.hazelcast.internal.cluster"), Level.INFO,
            // It warns of what is decided here on purpose: no security in the community edition, for the address is
            // private.
            Logger.getLogger("com.hazelcast.system"), Level.SEVERE,
            Logger.getLogger("io.grpc"), Level.WARNING,
            // The event log says what fails there, once and shorter.
            Logger.getLogger("com.zaxxer.hikari"), Level.OFF);

    private Logs() {}

    /**
     * @throws IllegalArgumentException when {@code -Dhazelgate.log-level} is no level of java.util.logging
     */
    static void configure() {
        if (System.getProperty(FORMAT_PROPERTY) == null) {
            System.setProperty(FORMAT_PROPERTY, "%1$tF %1$tT.%1$tL %4$s %5$s%6$s%n");
        }
        Level level = Level.parse(System.getProperty(LEVEL_PROPERTY, Level.INFO.getName()));
        boolean everything = level.intValue() < Level.INFO.intValue();
        Logger root = Logger.getLogger("");
        root.setLevel(level);
        for (Handler handler : root.getHandlers()) {
            handler.setLevel(level);
            if ("json".equals(System.getProperty(FORM_PROPERTY))) {
                handler.setFormatter(new JsonLines());
            }
        }
        LEAST.forEach(
                (logger, least) -> logger.setLevel(least.intValue() > level.intValue() && !everything ? least : level));
    }

    static final class JsonLines extends Formatter {
        @Override
        public String format(LogRecord record) {
            JsonObject line = Json.object()
                    .add(
                            "timestamp",
                            record.getInstant().truncatedTo(ChronoUnit.MILLIS).toString())
                    .add(
                            "level",
                            NAMES.getOrDefault(
                                    record.getLevel(), record.getLevel().getName()))
                    .add("logger", record.getLoggerName())
                    .add("message", formatMessage(record));
            if (record.getThrown() != null) {
                StringWriter trace = new StringWriter();
                record.getThrown().printStackTrace(new PrintWriter(trace, true));
                line.add("exc_info", trace.toString().stripTrailing());
            }
            return line + System.lineSeparator();
        }
    }
}
