package io.hazelgate.engine.live;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.partition.Partition;
import io.hazelgate.engine.log.KnownEvents;
import io.hazelgate.engine.wire.Ids;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.math.BigInteger;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Where the log stands, for readers who follow it.
 *
 * <p>{@code settled}: every event at or below this position is stored and in the views, or never will be. Nothing comes below it any more.
 * {@code reached}: every position given out so far is at or below it, and every later one above.
 */
public record Standing(Shared shared, Pipelines pipelines) {
    private static final String HERE = "here";
    private static final String SETTLED = "settled";
    private static final String REACHED = "reached";
    private static final String PARTITIONS = "partitions";
    private static final int RADIX = 16;
    /** Clocks of members differ by so much at least. */
    private static final long USUAL_SKEW_MICROS = 5_000;

    /** @param millis how long the other members may take to answer */
    public JsonObject answer(JsonObject request, long millis) {
        return request.get(HERE) == null ? all(millis) : here(request.getLong(HERE, 0));
    }

    private JsonObject all(long millis) {
        List<JsonObject> answers = ask(shared.lanes().reached(), millis);
        long reached = reached(answers).max().orElse(0);
        if (reached - reached(answers).min().orElse(0) > USUAL_SKEW_MICROS) {
            answers = ask(reached, millis);
        }
        requireAll(answers);
        return new JsonObject()
                .add("log", shared.store().log().id(hazelcast()))
                .add(
                        SETTLED,
                        answers.stream()
                                .mapToLong(each -> each.getLong(SETTLED, 0))
                                .min()
                                .orElse(0))
                .add(REACHED, reached(answers).max().orElse(0));
    }

    /** @param reached they go on behind it, if their clocks are behind: else their settled events would lie before the others' */
    private List<JsonObject> ask(long reached, long millis) {
        byte[] request = Json.bytes(new JsonObject().add(HERE, reached));
        return shared.members().ask(Ids.LOG_POSITIONS, request, millis);
    }

    private static LongStream reached(List<JsonObject> answers) {
        return answers.stream().mapToLong(each -> each.getLong(REACHED, 0));
    }

    /** Where nobody answers for a partition just now, its last owner may have left something in it. */
    private void requireAll(List<JsonObject> answers) {
        BigInteger answered = answers.stream()
                .map(each -> new BigInteger(each.getString(PARTITIONS, "0"), RADIX))
                .reduce(BigInteger.ZERO, BigInteger::or);
        int missing = hazelcast().getPartitionService().getPartitions().size() - answered.bitCount();
        if (missing > 0) {
            throw new IllegalStateException(
                    missing + " partitions are on their way to another member: ask again in a moment");
        }
    }

    /** This member's share. In this order: what comes here later is answered for by whoever had it. */
    private JsonObject here(long reachedElsewhere) {
        BigInteger partitions = BigInteger.ZERO;
        Member local = hazelcast().getCluster().getLocalMember();
        for (Partition partition : hazelcast().getPartitionService().getPartitions()) {
            if (local.equals(partition.getOwner())) {
                partitions = partitions.setBit(partition.getPartitionId());
            }
        }
        long reached = shared.lanes().reached(reachedElsewhere);
        long gate = shared.gate().settled();
        return new JsonObject()
                .add(SETTLED, belowUnfinished(gate))
                .add(REACHED, Math.max(reached, gate))
                .add(PARTITIONS, partitions.toString(RADIX));
    }

    private long belowUnfinished(long gate) {
        Set<String> ids = pipelines.all().stream()
                .flatMap(pipeline -> pipeline.unfinished().stream())
                .map(Names::eventIdOf)
                .collect(Collectors.toSet());
        if (ids.isEmpty()) {
            return gate;
        }
        KnownEvents known =
                KnownEvents.whole(shared.store().entries(), shared.store().log(), ids);
        return ids.stream()
                .map(known::storedRecord)
                .filter(Objects::nonNull)
                .mapToLong(record -> Json.object(record).getLong("position", Long.MAX_VALUE) - 1)
                .reduce(gate, Math::min);
    }

    private HazelcastInstance hazelcast() {
        return shared.hazelcast();
    }
}
