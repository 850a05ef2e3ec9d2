package io.hazelgate.engine.live;

import com.hazelcast.core.HazelcastInstance;
import io.hazelgate.engine.wire.Here;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The pipelines of this member: which of them takes an event, and what their projectors know. */
public final class Pipelines implements AutoCloseable {
    private final HazelcastInstance hazelcast;
    private final List<Pipeline> all;

    public Pipelines(Shared shared, List<PipelineSettings> settings) {
        hazelcast = shared.hazelcast();
        PendingKeys keys = new PendingKeys(
                hazelcast.getMap(Names.PENDING_EVENTS), shared.store().entries());
        Aggregates aggregates = new Aggregates(this::taking);
        List<Pipeline> made = new ArrayList<>();
        for (PipelineSettings one : settings) {
            made.add(new Pipeline(shared, one, keys, aggregates, settings.size()));
        }
        all = List.copyOf(made);
        Here.put(hazelcast, this);
    }

    public List<Pipeline> all() {
        return all;
    }

    /**
     * The pipeline of that name.
     *
     * @throws IllegalArgumentException where this member has none
     */
    public Pipeline named(String name) {
        return all.stream()
                .filter(pipeline -> pipeline.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no pipeline " + name + " on member "
                        + hazelcast.getCluster().getLocalMember().getAddress() + "; it has "
                        + all.stream().map(Pipeline::name).toList()
                        + ". All members have to be started with the same --pipeline options"));
    }

    /** The pipeline of that name on a member: for a stage of its job. */
    static Pipeline named(String name, HazelcastInstance hazelcast) {
        return Here.find(hazelcast, Pipelines.class).named(name);
    }

    /** The pipeline that takes events of a type; null where none does. */
    public Pipeline taking(String eventType) {
        return all.stream()
                .filter(pipeline -> pipeline.eventTypes().includes(eventType))
                .findFirst()
                .orElse(null);
    }

    /** The pipeline to which a pending event comes, be it only to be refused there. */
    public Pipeline receiverOf(byte[] envelope) {
        if (all.size() > 1) {
            String eventType = EventTypes.ofEnvelope(envelope);
            for (Pipeline pipeline : all) {
                if (pipeline.eventTypes().receives(eventType)) {
                    return pipeline;
                }
            }
        }
        return all.get(0);
    }

    /** Whether each has somebody to fold its events here. */
    public boolean areReady() {
        return all.stream().allMatch(pipeline -> pipeline.projector().isReady());
    }

    public Map<String, List<String>> viewsWithIndexes() {
        Map<String, List<String>> views = new LinkedHashMap<>();
        all.forEach(pipeline -> views.putAll(pipeline.projector().description().views()));
        return views;
    }

    /** The fingerprints of the code that folds a view today: pipelines may have different code. */
    public Set<String> codeOf(String view) {
        return all.stream()
                .map(pipeline -> pipeline.projector().description().code().get(view))
                .filter(Objects::nonNull)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Another member may know what this one has not been told yet: a gateway asks it next.
     *
     * @param named the views that are asked for; none means all
     * @param known those that are known here
     * @throws IllegalStateException a projector has not yet told its views to this member, and one that is asked for may be among them
     */
    public void requireToldOf(Collection<String> named, Set<String> known) {
        if (named.isEmpty() || !known.containsAll(named)) {
            requireTold();
        }
    }

    /**
     * Whatever is not known here is known to nobody: another member may have been told more, and a gateway asks it next.
     *
     * @throws IllegalStateException a projector has not yet told this member what it knows
     */
    public void requireTold() {
        for (Pipeline pipeline : all) {
            if (pipeline.projector().description().fingerprint().isEmpty()) {
                throw new IllegalStateException("the projector at "
                        + pipeline.projector().address()
                        + " has not told what it knows yet: try again in a moment");
            }
        }
    }

    /**
     * Whether each has somebody to fold its events here.
     *
     * @throws IllegalStateException that is not known yet: another member may know, so a gateway asks it next
     */
    public boolean areKnownToBeReady() {
        for (Pipeline pipeline : all) {
            if (!pipeline.isAsked()) {
                throw new IllegalStateException("the member has just started, and has not asked the projector at "
                        + pipeline.projector().address() + " yet: try again in a moment");
            }
        }
        return areReady();
    }

    @Override
    public void close() {
        all.forEach(Pipeline::close);
    }
}
