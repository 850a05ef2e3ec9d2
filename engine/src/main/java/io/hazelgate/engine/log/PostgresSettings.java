package io.hazelgate.engine.log;

import io.hazelgate.engine.wire.Property;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;

/**
 * Where PostgreSQL is. The connection string comes by the environment: a command line can be read by everybody on the machine.
 *
 * @param url of the driver, without user and password
 * @param recentEvents how many events the maps of all members hold together
 * @param recentSeconds how long an event stays in them; 0: as long as there are not too many
 */
public record PostgresSettings(String url, Properties properties, int recentEvents, int recentSeconds) {
    private static final String DSN = "HAZELGATE_POSTGRES_DSN";
    private static final String FORM = "must look like postgresql://user:password@host:5432/database";
    private static final int DEFAULT_RECENT_EVENTS = 100_000;
    /** What libpq calls a parameter, and the driver calls otherwise. */
    private static final Map<String, String> DRIVER_NAMES = Map.of(
            "connect_timeout", "connectTimeout",
            "application_name", "ApplicationName",
            "keepalives", "tcpKeepAlive");

    /**
     * Null where no PostgreSQL is wanted.
     *
     * @throws IllegalArgumentException the settings are not usable; the message does not give away the password
     */
    public static PostgresSettings fromEnvironment() {
        String dsn = System.getenv(DSN);
        return dsn == null || dsn.isBlank()
                ? null
                : parse(
                        dsn.trim(),
                        Property.whole("hazelgate.recent-events", DEFAULT_RECENT_EVENTS, 1, Integer.MAX_VALUE),
                        Property.whole("hazelgate.recent-seconds", 0, 0, Integer.MAX_VALUE));
    }

    static PostgresSettings parse(String dsn, int recentEvents, int recentSeconds) {
        Properties properties = new Properties();
        properties.setProperty("ApplicationName", "hazelgate");
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("connectTimeout", "3");
        properties.setProperty("loginTimeout", "5");
        properties.setProperty("socketTimeout", "20");
        URI uri;
        try {
            uri = new URI(dsn.replaceFirst("^postgres://", "postgresql://"));
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("the PostgreSQL connection string " + FORM);
        }
        String authority = uri.getRawAuthority();
        if (!"postgresql".equals(uri.getScheme()) || authority == null) {
            throw new IllegalArgumentException("the PostgreSQL connection string " + FORM);
        }
        int at = authority.lastIndexOf('@');
        if (at >= 0) {
            String[] user = authority.substring(0, at).split(":", 2);
            properties.setProperty("user", decoded(user[0]));
            if (user.length == 2) {
                properties.setProperty("password", decoded(user[1]));
            }
        }
        String hosts = authority.substring(at + 1);
        if (hosts.isEmpty()) {
            throw new IllegalArgumentException(
                    "the PostgreSQL connection string names no host: the member connects over TCP, it " + FORM);
        }
        for (String parameter :
                uri.getRawQuery() == null ? new String[0] : uri.getRawQuery().split("&")) {
            String[] parts = parameter.split("=", 2);
            String name = decoded(parts[0]);
            properties.setProperty(DRIVER_NAMES.getOrDefault(name, name), parts.length == 2 ? decoded(parts[1]) : "");
        }
        return new PostgresSettings(
                "jdbc:postgresql://" + hosts + uri.getRawPath(), properties, recentEvents, recentSeconds);
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return url + " as " + properties.getProperty("user");
    }
}
