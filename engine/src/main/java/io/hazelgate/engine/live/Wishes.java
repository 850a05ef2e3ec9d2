package io.hazelgate.engine.live;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.jet.impl.util.Util;
import com.hazelcast.spi.impl.eventservice.impl.EventServiceImpl;
import com.hazelcast.spi.impl.eventservice.impl.EventServiceSegment;
import com.hazelcast.topic.impl.TopicService;
import io.hazelgate.engine.wire.Names;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The wishes of the gateways that listen to this member.
 *
 * <p>A wish only spares bytes. A gateway reads in the store what it finds among its marks and wants by now, and one whose wish is not
 * known here gets everything. So a wish may come late, or be lost with the member.
 */
public final class Wishes {
    private static final String OF_GATEWAYS = Names.EVENT_STREAM_TOPIC + '.';

    private final HazelcastInstance hazelcast;
    private final Map<String, Wish> byGateway = new ConcurrentHashMap<>();

    public Wishes(HazelcastInstance hazelcast) {
        this.hazelcast = hazelcast;
    }

    /** From now on the gateway has this wish, in place of any before. */
    public void put(String gateway, Wish wish) {
        Map<String, Wish> listening = byTopic();
        byGateway.keySet().removeIf(known -> !listening.containsKey(OF_GATEWAYS + known));
        byGateway.put(gateway, wish);
    }

    /** The topics of events that somebody listens to through this member, and what is wanted there. */
    Map<String, Wish> byTopic() {
        EventServiceSegment<?> topics = ((EventServiceImpl)
                        Util.getNodeEngine(hazelcast).getEventService())
                .getSegment(TopicService.SERVICE_NAME, true);
        Map<String, Wish> wishes = new HashMap<>();
        topics.getRegistrationIdMap().values().forEach(registration -> {
            String topic = registration.getTopic();
            if (topic.startsWith(OF_GATEWAYS)) {
                wishes.put(topic, byGateway.getOrDefault(topic.substring(OF_GATEWAYS.length()), Wish.EVERYTHING));
            } else if (topic.equals(Names.EVENT_STREAM_TOPIC)) {
                wishes.put(topic, Wish.EVERYTHING);
            }
        });
        return wishes;
    }
}
