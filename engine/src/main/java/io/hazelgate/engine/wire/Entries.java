package io.hazelgate.engine.wire;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.partition.IPartitionService;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.internal.serialization.SerializationService;
import com.hazelcast.jet.impl.util.Util;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.map.impl.MapServiceContext;
import com.hazelcast.partition.PartitioningStrategy;
import com.hazelcast.partition.strategy.StringPartitioningStrategy;
import com.hazelcast.spi.impl.NodeEngine;
import com.hazelcast.spi.impl.operationservice.Operation;
import com.hazelcast.spi.impl.operationservice.OperationService;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Reads and changes many JSON entries at once: one operation for each partition that is touched. */
public final class Entries {
    private final MapServiceContext maps;
    private final IPartitionService partitions;
    private final OperationService operations;
    private final SerializationService serialization;
    /** What has to stand where anything is changed; null: nothing has to. */
    private final Fence fence;

    public Entries(HazelcastInstance hazelcast) {
        NodeEngine nodeEngine = Util.getNodeEngine(hazelcast);
        maps = nodeEngine.<MapService>getService(MapService.SERVICE_NAME).getMapServiceContext();
        partitions = nodeEngine.getPartitionService();
        operations = nodeEngine.getOperationService();
        serialization = nodeEngine.getSerializationService();
        fence = null;
    }

    private Entries(Entries all, Fence fence) {
        maps = all.maps;
        partitions = all.partitions;
        operations = all.operations;
        serialization = all.serialization;
        this.fence = fence;
    }

    /** The same entries, each changed only while a fence stands in its partition. */
    public Entries under(Fence fence) {
        return new Entries(this, fence);
    }

    /** The values by key, UTF-8; null where there is no entry. The map answered has every key asked for. */
    public CompletableFuture<Map<String, byte[]>> read(String map, Collection<String> keys) {
        return inEach(
                map,
                keys,
                key -> key,
                (partition, group) -> new ReadOperation(map, group.keys),
                (answer, group, found) -> {
                    for (int i = 0; i < group.items.size(); i++) {
                        found.put(group.items.get(i), JsonData.textOf(answer.values[i], serialization));
                    }
                });
    }

    /**
     * Makes changes, those of one partition in their order.
     *
     * @return what was refused: by key, the value that is there instead, or null where there is none. Fails with what a fence says that
     *     these are {@link #under}, where it does not stand any more
     */
    public CompletableFuture<Map<String, byte[]>> change(String map, List<Change> changes) {
        return change(map, changes, fence, false);
    }

    /**
     * The same as the owner of the lanes: in each partition all changes are made, or none where one is refused.
     *
     * @return fails with {@link LaneTakenOver} where a lane has another owner
     */
    public CompletableFuture<Map<String, byte[]>> changeAsOwner(String map, List<Change> changes, Fence fence) {
        return change(map, changes, fence, true);
    }

    private CompletableFuture<Map<String, byte[]>> change(
            String map, List<Change> changes, Fence fence, boolean whole) {
        return inEach(
                map,
                changes,
                Change::key,
                (partition, group) -> operation(map, inPartition(group), fence, whole, partition),
                (answer, group, refused) -> {
                    for (int i = 0; answer != null && i < group.items.size(); i++) {
                        if (answer.fenced) {
                            throw fence.gone(partitionOf(group.keys.get(i)));
                        }
                        if (answer.refused[i]) {
                            refused.put(group.items.get(i).key(), JsonData.textOf(answer.values[i], serialization));
                        }
                    }
                });
    }

    /**
     * The same for a view, each change unless another event has claimed its entry. It releases the claims of those that make it.
     *
     * @param view under which name its entries are claimed
     */
    public CompletableFuture<Map<String, byte[]>> changeUnclaimed(String map, String view, List<MadeBy> changes) {
        if (fence != null) {
            throw new IllegalStateException("claims hold beside a running pipeline, and fences where none runs");
        }
        return inEach(
                map,
                changes,
                made -> made.change().key(),
                (partition, group) -> new ChangeOperation(
                        map,
                        inPartition(group.items.stream().map(MadeBy::change).toList(), group.keys),
                        view,
                        group.items.stream().map(MadeBy::eventIds).toList()),
                (answer, group, refused) -> {
                    for (int i = 0; answer != null && i < group.items.size(); i++) {
                        if (answer.refused[i]) {
                            refused.put(
                                    group.items.get(i).change().key(),
                                    JsonData.textOf(answer.values[i], serialization));
                        }
                    }
                });
    }

    /**
     * Claims entries for a run's events, or gives claims back, each by itself.
     *
     * @return what was refused: by the claim's name, the claim that is there, or null where the entry has another version
     */
    public CompletableFuture<Map<String, byte[]>> claim(String run, List<ClaimRequest> requests) {
        return inEach(
                Names.CLAIMS,
                requests,
                ClaimRequest::claim,
                (partition, group) -> new ClaimOperation(run, items(group)),
                (answer, group, refused) -> {
                    for (int i = 0; answer != null && i < group.items.size(); i++) {
                        if (answer.refused[i]) {
                            refused.put(group.items.get(i).claim(), JsonData.textOf(answer.values[i], serialization));
                        }
                    }
                });
    }

    private static List<ClaimOperation.Item> items(Group<ClaimRequest> group) {
        List<ClaimOperation.Item> items = new ArrayList<>(group.items.size());
        for (int i = 0; i < group.items.size(); i++) {
            ClaimRequest request = group.items.get(i);
            items.add(new ClaimOperation.Item(
                    group.keys.get(i),
                    request.map(),
                    request.key() == null ? null : KeyData.of(request.key()),
                    request.version(),
                    request.holders(),
                    request.json() == null ? null : JsonData.of(request.json())));
        }
        return items;
    }

    /** A change, and the events that make it. */
    public record MadeBy(Change change, List<String> eventIds) {}

    private static List<PartitionChange> inPartition(Group<Change> group) {
        return inPartition(group.items, group.keys);
    }

    private static List<PartitionChange> inPartition(List<Change> items, List<Data> keys) {
        List<PartitionChange> changes = new ArrayList<>(items.size());
        for (int i = 0; i < items.size(); i++) {
            Change change = items.get(i);
            changes.add(new PartitionChange(
                    keys.get(i),
                    change.condition(),
                    change.expectedVersion(),
                    change.expected() == null ? null : JsonData.of(change.expected()),
                    change.json() == null ? null : JsonData.of(change.json()),
                    change.ttlMillis()));
        }
        return changes;
    }

    /** One operation for each partition; what they answer is collected once all have. */
    private <T> CompletableFuture<Map<String, byte[]>> inEach(
            String map,
            Collection<T> items,
            Function<T, String> keyOf,
            BiFunction<Integer, Group<T>, Operation> operation,
            Collect<T> collect) {
        Map<String, byte[]> collected = new HashMap<>();
        List<CompletableFuture<?>> running = new ArrayList<>();
        List<Runnable> collecting = new ArrayList<>();
        grouped(map, items, keyOf).forEach((partition, group) -> {
            CompletableFuture<Values> answer = this.<Values>invoke(operation.apply(partition, group), partition);
            running.add(answer);
            collecting.add(() -> collect.from(answer.join(), group, collected));
        });
        return CompletableFuture.allOf(running.toArray(CompletableFuture[]::new))
                .thenApply(done -> {
                    collecting.forEach(Runnable::run);
                    return collected;
                });
    }

    private interface Collect<T> {
        void from(Values answer, Group<T> group, Map<String, byte[]> collected);
    }

    /** Takes many entries for one map. */
    public Filling filling(String map) {
        return new Filling(this, map, partitions.getPartitionCount());
    }

    /** Puts entries where there is none yet; those of one partition, as a {@link Filling} has collected them. */
    CompletableFuture<?> fill(String map, int partition, List<PartitionChange> changes) {
        return this.<Values>invoke(operation(map, changes, fence, false, partition), partition)
                .thenAccept(answer -> {
                    if (answer != null && answer.fenced) {
                        throw fence.gone(partition);
                    }
                });
    }

    /** Empties a map, under a fence. Fails as {@link #change} does. */
    public CompletableFuture<Void> clear(String map) {
        List<CompletableFuture<?>> running = new ArrayList<>();
        for (int each = 0; each < partitions.getPartitionCount(); each++) {
            int partition = each;
            Operation clear = new FencedClearOperation(
                    map, serialization.toData(fence.keyOf(partition)), JsonData.of(fence.owner()));
            running.add(this.<Boolean>invoke(clear, partition).thenAccept(stands -> {
                if (!stands) {
                    throw fence.gone(partition);
                }
            }));
        }
        return CompletableFuture.allOf(running.toArray(CompletableFuture[]::new));
    }

    PartitioningStrategy<?> strategyOf(String map) {
        return maps.getMapContainer(map).getPartitioningStrategy();
    }

    int partitionOf(Data key) {
        return partitions.getPartitionId(key);
    }

    /** A key that is a part of some bytes in UTF-8. */
    Data serialized(byte[] bytes, int from, int to, PartitioningStrategy<?> strategy) {
        if (strategy == null) {
            return KeyData.of(bytes, from, to);
        }
        return strategy instanceof StringPartitioningStrategy
                ? KeyData.ofLane(bytes, from, to)
                : maps.toData(new String(bytes, from, to - from, StandardCharsets.UTF_8), strategy);
    }

    private ChangeOperation operation(
            String map, List<PartitionChange> changes, Fence fence, boolean whole, int partition) {
        return fence == null
                ? new ChangeOperation(map, changes)
                : new ChangeOperation(
                        map, changes, serialization.toData(fence.keyOf(partition)), JsonData.of(fence.owner()), whole);
    }

    private static final class Group<T> {
        final List<T> items = new ArrayList<>();
        final List<Data> keys = new ArrayList<>();
    }

    private <T> Map<Integer, Group<T>> grouped(String map, Collection<T> items, Function<T, String> keyOf) {
        PartitioningStrategy<?> strategy = strategyOf(map);
        Map<Integer, Group<T>> groups = new LinkedHashMap<>();
        for (T item : items) {
            byte[] text = keyOf.apply(item).getBytes(StandardCharsets.UTF_8);
            Data key = serialized(text, 0, text.length, strategy);
            Group<T> group = groups.computeIfAbsent(partitionOf(key), partition -> new Group<>());
            group.items.add(item);
            group.keys.add(key);
        }
        return groups;
    }

    private <T> CompletableFuture<T> invoke(Operation operation, int partition) {
        return operations
                .<T>createInvocationBuilder(MapService.SERVICE_NAME, operation, partition)
                .invoke();
    }

    public static boolean haveSamePayload(byte[] one, byte[] other) {
        return Payload.areSame(JsonData.of(one), JsonData.of(other));
    }

    /** Says whose a partition has to be, for changes that nobody else may make: the owner's of its lane, or a turn's. */
    public interface Fence {
        /** The key of that partition's entry in {@code lane-owners}. */
        String keyOf(int partition);

        /** What the entry has to be, UTF-8. */
        byte[] owner();

        /** What is to be said where it does not stand any more. */
        default RuntimeException gone(int partition) {
            return new LaneTakenOver(partition);
        }
    }

    /** The lane has another owner by now: nothing of what was asked for is made in it. */
    public static final class LaneTakenOver extends RuntimeException {
        public final int partition;

        LaneTakenOver(int partition) {
            super("lane " + partition + " has another owner", null, false, false);
            this.partition = partition;
        }
    }
}
