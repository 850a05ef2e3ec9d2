package io.hazelgate.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hazelgate.engine.live.PipelineSettings;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class MemberTest {
    private static final String IDLE = "hazelcast.jet.idle.cooperative.max.microseconds";

    private static String idleMicroseconds() throws IOException {
        Settings settings = new Settings(
                "any", "127.0.0.1", 1, "127.0.0.1:1", PipelineSettings.one("127.0.0.1:1"), 60, 100, 1, 4_096, 30, null);
        return io.hazelgate.engine.Member.config(settings).getProperty(IDLE);
    }

    @Test
    void whatTheCommandLineSaysGoesBeforeTheFile() throws IOException {
        assertEquals("200", idleMicroseconds());
        System.setProperty(IDLE, "700");
        try {
            assertEquals("700", idleMicroseconds());
        } finally {
            System.clearProperty(IDLE);
        }
    }
}
