package io.hazelgate.engine.live;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.jet.impl.util.Util;
import com.hazelcast.topic.ITopic;
import com.hazelcast.topic.impl.TopicService;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** The stage "publish": every stored event on its type's topic, and the batch, in order, on each gateway's. */
record Publish(Pipeline pipeline) implements BatchStageP.Step {

    @Override
    public CompletableFuture<?> start(Batch batch) {
        List<CompletableFuture<?>> published = new ArrayList<>();
        List<Streamed> events = batch.streamed();
        if (!events.isEmpty()) {
            Messages messages = new Messages(events);
            pipeline.shared()
                    .wishes()
                    .byTopic()
                    .forEach((topicName, wish) -> published.add(
                            topic(topicName).publishAsync(messages.to(wish)).toCompletableFuture()));
        }
        byType(batch).forEach((topicName, messages) -> {
            if (isHeard(topicName)) {
                published.add(publishAll(topicName, messages));
            }
        });
        batch.publishedAt = Clock.micros();
        return CompletableFuture.allOf(published.toArray(CompletableFuture[]::new));
    }

    private static Map<String, List<byte[]>> byType(Batch batch) {
        Map<String, List<byte[]>> byType = new LinkedHashMap<>();
        for (byte[] record : batch.found) {
            String eventType = Json.stringField(record, "eventType");
            byType.computeIfAbsent(Names.EVENT_TOPIC_PREFIX + eventType, type -> new ArrayList<>())
                    .add(record);
        }
        for (int i = 0; i < batch.records.size(); i++) {
            if (batch.records.get(i) != null) {
                byType.computeIfAbsent(
                                Names.EVENT_TOPIC_PREFIX + batch.outcomes.get(i).eventType(), type -> new ArrayList<>())
                        .add(batch.records.get(i));
            }
        }
        return byType;
    }

    private CompletableFuture<?> publishAll(String topicName, List<byte[]> messages) {
        try {
            return topic(topicName)
                    .publishAllAsync(messages.stream().map(Json::value).toList())
                    .toCompletableFuture();
        } catch (Exception e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private ITopic<HazelcastJsonValue> topic(String name) {
        return pipeline.shared().hazelcast().getTopic(name);
    }

    private boolean isHeard(String topicName) {
        return Util.getNodeEngine(pipeline.shared().hazelcast())
                .getEventService()
                .hasEventRegistration(TopicService.SERVICE_NAME, topicName);
    }
}
