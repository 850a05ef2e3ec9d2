package io.hazelgate.engine.live;

import io.hazelgate.engine.wire.Json;
import java.io.Serializable;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which event types a pipeline takes: those that it names, and all that no pipeline names where it takes the rest. Travels with
 * the pipeline's job, as the filter of its source.
 *
 * @param named what the pipeline names
 * @param rest whether it also takes what no pipeline names
 * @param strays whether it receives what no pipeline takes, in order to refuse it; one pipeline does where none takes the rest
 * @param others what the other pipelines name
 */
public record EventTypes(Set<String> named, boolean rest, boolean strays, Set<String> others) implements Serializable {
    public EventTypes {
        named = new TreeSet<>(named);
        others = new TreeSet<>(others);
    }

    /** All event types, as a pipeline takes them that is the only one. */
    public static EventTypes all() {
        return new EventTypes(Set.of(), true, false, Set.of());
    }

    public boolean includes(String eventType) {
        return named.contains(eventType) || (rest && !others.contains(eventType));
    }

    /** Whether pending events of the type come to this pipeline, be it only to be refused. */
    public boolean receives(String eventType) {
        return includes(eventType) || (strays && !others.contains(eventType));
    }

    /** Whether there is nothing to tell apart. */
    public boolean isEverything() {
        return rest && others.isEmpty();
    }

    public boolean receivesEnvelope(byte[] envelope) {
        return isEverything() || receives(ofEnvelope(envelope));
    }

    /** The event type of an envelope, without parsing it; empty where it has none. */
    public static String ofEnvelope(byte[] envelope) {
        String eventType = Json.stringField(envelope, "eventType");
        return eventType == null ? "" : eventType;
    }

    @Override
    public String toString() {
        String names = String.join(", ", named);
        if (!rest) {
            return names;
        }
        return named.isEmpty() ? "*" : names + ", *";
    }
}
