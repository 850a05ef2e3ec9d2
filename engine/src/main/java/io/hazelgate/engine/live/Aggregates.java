package io.hazelgate.engine.live;

import io.hazelgate.engine.projector.Description;
import io.hazelgate.engine.projector.UnfitProjector;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Sees to it that all event types of an aggregate are one pipeline's: its events are numbered and applied in order by one reader,
 * and two pipelines would each be one.
 */
final class Aggregates {
    private final Function<String, Pipeline> taking;
    /** By pipeline, what its projector said: aggregate by event type. */
    private final Map<String, Map<String, String>> told = new ConcurrentHashMap<>();

    /** @param taking the pipeline that takes events of a type; null where none does */
    Aggregates(Function<String, Pipeline> taking) {
        this.taking = taking;
    }

    /**
     * Takes note of what a pipeline's projector knows.
     *
     * @throws UnfitProjector where an aggregate's event types are spread over pipelines
     */
    void check(Pipeline pipeline, Description description) {
        told.put(pipeline.name(), description.aggregates());
        String spread = spread(pipeline, description);
        if (spread != null) {
            throw new UnfitProjector(spread);
        }
    }

    /** How an aggregate would be spread over pipelines if a pipeline had this projector, in a sentence; null where none would. */
    String spread(Pipeline pipeline, Description description) {
        Map<String, Map<String, String>> known = new TreeMap<>(told);
        known.put(pipeline.name(), description.aggregates());
        Map<String, Map<String, String>> byAggregate = new TreeMap<>();
        known.values()
                .forEach(types -> types.forEach((type, aggregate) -> {
                    Pipeline taker = taking.apply(type);
                    if (taker != null) {
                        byAggregate
                                .computeIfAbsent(aggregate, name -> new TreeMap<>())
                                .put(type, taker.name());
                    }
                }));
        for (var entry : byAggregate.entrySet()) {
            Map<String, String> pipelineOfType = entry.getValue();
            if (new TreeSet<>(pipelineOfType.values()).size() > 1 && pipelineOfType.containsValue(pipeline.name())) {
                return "the event types of " + entry.getKey() + " are spread over pipelines: " + pipelineOfType
                        + "; start the members with all of them in one --pipeline";
            }
        }
        return null;
    }
}
