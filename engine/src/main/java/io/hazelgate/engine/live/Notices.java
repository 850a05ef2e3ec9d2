package io.hazelgate.engine.live;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.LinkedHashMap;
import java.util.Map;

/** Gathers completions by the gateway that waits for them, and sends each gateway one message. Not for several threads. */
public final class Notices {
    private static final String STATUS = "\"status\":\"";

    private final HazelcastInstance hazelcast;
    private final Map<String, StringBuilder> byGateway = new LinkedHashMap<>();

    public Notices(HazelcastInstance hazelcast) {
        this.hazelcast = hazelcast;
    }

    /** @param end what closes the completion, with its brace */
    public void add(String replyTo, String openCompletion, String end) {
        if (replyTo == null || replyTo.isEmpty()) {
            return;
        }
        StringBuilder message = byGateway.computeIfAbsent(replyTo, gateway -> new StringBuilder("["));
        if (message.length() > 1) {
            message.append(',');
        }
        message.append(openCompletion).append(end);
    }

    public void send() {
        byGateway.forEach((gateway, message) -> hazelcast
                .<HazelcastJsonValue>getTopic(Names.COMPLETIONS_TOPIC_PREFIX + gateway)
                .publish(new HazelcastJsonValue(message.append(']').toString())));
        byGateway.clear();
    }

    /** The completion of an event that is stored and has not reached its views yet. */
    static String asStored(byte[] openCompletion) {
        String text = Json.text(openCompletion);
        int from = text.indexOf(STATUS) + STATUS.length();
        return text.substring(0, from) + "STORED" + text.substring(text.indexOf('"', from));
    }
}
