package io.hazelgate.engine.live;

import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import com.hazelcast.internal.json.ParseException;
import io.hazelgate.engine.projector.Outcome;
import io.hazelgate.engine.wire.Clock;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;

/** Refuses the events that no pipeline takes. No projector is asked, and nothing is kept: once a pipeline takes the type, the same event may come again. */
final class Strays {
    private static final String[] COPIED = {
        "eventId", "eventType", "aggregateType", "aggregateId", "correlationId", "submissionId", "timestamp"
    };

    private Strays() {}

    static boolean isStray(EventTypes taken, Received event) {
        return !taken.isEverything() && !taken.includes(EventTypes.ofEnvelope(event.envelope()));
    }

    static Batch refused(List<Received> events) {
        List<Outcome> outcomes = events.stream().map(Strays::refusal).toList();
        long now = Clock.micros();
        return new Batch(events, outcomes, Collections.nCopies(events.size(), null), List.of(), List.of(), now, now);
    }

    private static Outcome refusal(Received event) {
        JsonObject envelope = envelope(event);
        String eventType = text(envelope, "eventType", "");
        JsonObject completion = new JsonObject();
        for (String name : COPIED) {
            completion.add(name, text(envelope, name, ""));
        }
        completion
                .set("eventId", event.eventId())
                .set("timestamp", text(envelope, "timestamp", Clock.iso(event.receivedAt())))
                .add("status", "REJECTED")
                .add("receivedAt", Clock.iso(event.receivedAt()))
                .add(
                        "error",
                        new JsonObject()
                                .add("code", "UNKNOWN_EVENT_TYPE")
                                .add(
                                        "message",
                                        "no pipeline takes the event type '" + eventType
                                                + "': name it in a --pipeline of the members, or let one take *")
                                .add("problems", Json.array()));
        String whole = completion.toString();
        return new Outcome(
                Outcome.REFUSED,
                null,
                null,
                null,
                whole.substring(0, whole.length() - 1).getBytes(StandardCharsets.UTF_8),
                eventType,
                text(envelope, "replyTo", ""),
                false);
    }

    private static JsonObject envelope(Received event) {
        try {
            return Json.parse(new String(event.envelope(), StandardCharsets.UTF_8))
                    .asObject();
        } catch (ParseException | UnsupportedOperationException e) {
            return new JsonObject();
        }
    }

    private static String text(JsonObject envelope, String name, String fallback) {
        JsonValue value = envelope.get(name);
        return value != null && value.isString() ? value.asString() : fallback;
    }
}
