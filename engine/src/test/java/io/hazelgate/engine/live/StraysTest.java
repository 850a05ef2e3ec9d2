package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.projector.Outcome;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class StraysTest {
    private static final EventTypes TYPES =
            PipelineSettings.parse("a=A@h:1;b=B@h:2").get(0).eventTypes();

    private static Received event(String envelope) {
        return new Received("e1@x", envelope.getBytes(StandardCharsets.UTF_8), 1_000_000, false);
    }

    private static Outcome refusal(String envelope) {
        return Strays.refused(List.of(event(envelope))).outcomes.get(0);
    }

    @Test
    void aStrayIsAnEventThatIsNotTaken() {
        assertFalse(Strays.isStray(TYPES, event("{\"eventId\":\"e1\",\"eventType\":\"A\"}")));
        assertTrue(Strays.isStray(TYPES, event("{\"eventId\":\"e1\",\"eventType\":\"C\"}")));
        assertTrue(Strays.isStray(TYPES, event("nonsense")));
        assertFalse(Strays.isStray(EventTypes.all(), event("nonsense")));
    }

    @Test
    void itIsRefusedWithACodeAndWhatToDo() {
        Outcome refusal = refusal(
                "{\"eventId\":\"e1\",\"eventType\":\"C\",\"replyTo\":\"gw\",\"submissionId\":\"s\",\"data\":{}}");
        assertEquals(Outcome.REFUSED, refusal.kind());
        assertEquals("gw", refusal.replyTo());
        JsonObject completion = Json.parse(new String(refusal.completion(), StandardCharsets.UTF_8) + "}")
                .asObject();
        assertEquals("REJECTED", completion.getString("status", null));
        assertEquals("s", completion.getString("submissionId", null));
        JsonObject error = completion.get("error").asObject();
        assertEquals("UNKNOWN_EVENT_TYPE", error.getString("code", null));
        assertTrue(error.getString("message", "").contains("name it in a --pipeline"));
    }

    @Test
    void whatIsNoEnvelopeIsRefusedAsWell() {
        String completion = new String(refusal("[1]").completion(), StandardCharsets.UTF_8) + "}";
        assertEquals("e1", Json.parse(completion).asObject().getString("eventId", null));
    }
}
