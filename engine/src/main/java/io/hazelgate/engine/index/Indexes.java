package io.hazelgate.engine.index;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.partition.IPartitionService;
import com.hazelcast.jet.impl.util.Util;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.map.impl.MapServiceContext;
import com.hazelcast.map.impl.record.Record;
import com.hazelcast.map.impl.recordstore.RecordStore;
import com.hazelcast.spi.impl.NodeEngine;
import com.hazelcast.spi.impl.PartitionSpecificRunnable;
import com.hazelcast.spi.impl.operationservice.OperationService;
import io.hazelgate.engine.views.Generations;
import io.hazelgate.engine.wire.Here;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

/**
 * The sorted indexes of this member's own partitions.
 *
 * <p>A partition's index is made when it is needed: when somebody asks for it, or a moment after the partition has come here ({@link #look}).
 * Until then writing costs nothing for it, so what is being built or restored gets its indexes at the end, all at once. Hazelcast's own
 * sorted index takes several times the memory and the time, and can't be made at once.
 */
public final class Indexes {
    private static final int MAX_TRIES = 100;
    private static final long MAKE_SECONDS = 60;
    private static final int BEGUN_AT_ONCE = 2;

    /** What other maps than views are sorted by. */
    private static final Map<String, List<String>> FIXED = Map.of(
            Names.EVENT_STORE,
            List.of(Names.CURSOR),
            Names.DEAD_LETTER_EVENTS,
            List.of(Names.FAILED_AT, Names.RETRY_AT));

    private final MapServiceContext maps;
    private final IPartitionService partitions;
    private final OperationService operations;
    private final Generations generations;
    private final Map<String, AtomicReferenceArray<PartitionIndex>> made = new ConcurrentHashMap<>();

    public Indexes(HazelcastInstance hazelcast, Generations generations) {
        NodeEngine nodeEngine = Util.getNodeEngine(hazelcast);
        maps = nodeEngine.<MapService>getService(MapService.SERVICE_NAME).getMapServiceContext();
        partitions = nodeEngine.getPartitionService();
        operations = nodeEngine.getOperationService();
        this.generations = generations;
        Here.put(hazelcast, this);
    }

    /** Where an entry has its key for an index: field names, from the outside in. */
    static List<String> pathOf(String index) {
        return index.equals(Names.CURSOR) ? List.of(index) : List.of("_meta", "keys", index);
    }

    /**
     * A walk over a range of an index.
     *
     * @param view a view's name, or that of another map which is sorted
     * @throws IllegalStateException when there is no such index
     */
    public Walk walk(String view, String index, Range range) {
        List<String> names = named(view, index);
        return new Walk(entries(generations.liveMap(view), names, index), pathOf(index), range);
    }

    /** How many entries of this member's partitions are within the bounds of a range: the same names as for {@link #walk}. */
    public long count(String view, String index, Range range) {
        List<String> names = named(view, index);
        return entries(generations.liveMap(view), names, index).stream()
                .mapToLong(entries -> entries.count(range))
                .sum();
    }

    private List<String> named(String view, String index) {
        if (!namesOf(view).contains(index)) {
            generations.look();
        }
        List<String> names = namesOf(view);
        if (!names.contains(index)) {
            throw new IllegalStateException(
                    "the map " + view + " has no index " + index + " (yet: the projector names them when it is up)");
        }
        return names;
    }

    private List<String> namesOf(String view) {
        List<String> fixed = FIXED.get(view);
        return fixed == null ? generations.of(view).indexes() : fixed;
    }

    /** An index in all partitions that are this member's, at one moment. */
    @SuppressWarnings("rawtypes") // Hazelcast's records
    private List<SortedEntries<Record>> entries(String map, List<String> names, String index) {
        for (int tries = 0; tries < MAX_TRIES; tries++) {
            long stamp = partitions.getPartitionStateStamp();
            List<SortedEntries<Record>> entries = new ArrayList<>();
            boolean all = true;
            for (int id = 0; id < partitions.getPartitionCount(); id++) {
                RecordStore<?> store = ownStore(map, id);
                if (store != null) {
                    PartitionIndex there = there(map, id);
                    SortedEntries<Record> found = there != null && there.isOf(store) ? there.index(index) : null;
                    all &= found != null;
                    entries.add(found);
                }
            }
            if (!all) {
                make(map, names);
            } else if (stamp == partitions.getPartitionStateStamp()) {
                return entries;
            }
        }
        throw new IllegalStateException("the partitions of " + map + " are moving: try again in a moment");
    }

    /** Makes the indexes that a view's entries are to have, in one of its generations; those that are there stay. */
    public void make(String view) {
        make(generations.liveMap(view), namesOf(view));
    }

    /**
     * The same for generations that are not the live ones.
     *
     * @param generations by view
     */
    public void make(Map<String, String> generations) {
        await(
                String.join(", ", generations.values()),
                missing(generations).stream().map(Supplier::get).toList());
    }

    /** Begins with that, and returns: a few partitions at once, so that whatever else they have to do need not wait for long. */
    public void begin(Map<String, String> generations) {
        Queue<Supplier<CompletableFuture<Void>>> left = new ConcurrentLinkedQueue<>(missing(generations));
        for (int i = 0; i < BEGUN_AT_ONCE; i++) {
            goOn(left);
        }
    }

    private static void goOn(Queue<Supplier<CompletableFuture<Void>>> left) {
        Supplier<CompletableFuture<Void>> next = left.poll();
        if (next != null) {
            // What could not be made is missing still when it is needed.
            next.get().whenComplete((done, failure) -> goOn(left));
        }
    }

    private void make(String map, List<String> names) {
        await(map, missing(map, names).stream().map(Supplier::get).toList());
    }

    private List<Supplier<CompletableFuture<Void>>> missing(Map<String, String> generations) {
        List<Supplier<CompletableFuture<Void>>> missing = new ArrayList<>();
        generations.forEach((view, map) -> missing.addAll(missing(map, namesOf(view))));
        return missing;
    }

    /** What makes the indexes of each partition of this member that lacks one of these. */
    private List<Supplier<CompletableFuture<Void>>> missing(String map, List<String> names) {
        List<Supplier<CompletableFuture<Void>>> missing = new ArrayList<>();
        for (int id = 0; id < partitions.getPartitionCount(); id++) {
            int partition = id;
            RecordStore<?> store = ownStore(map, id);
            if (store != null && !names.isEmpty()) {
                PartitionIndex there = there(map, id);
                if (there == null || !there.has(store, names)) {
                    missing.add(() -> make(map, partition, names));
                }
            }
        }
        return missing;
    }

    private static void await(String map, List<CompletableFuture<Void>> making) {
        try {
            CompletableFuture.allOf(making.toArray(CompletableFuture[]::new)).get(MAKE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the indexes of " + map + " were made", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the indexes of " + map + " could not be made: try again in a moment", e);
        }
    }

    private CompletableFuture<Void> make(String map, int partition, List<String> names) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        operations.execute(new PartitionSpecificRunnable() {
            @Override
            public int getPartitionId() {
                return partition;
            }

            @Override
            public void run() {
                try {
                    makeHere(map, partition, names);
                    done.complete(null);
                } catch (RuntimeException e) {
                    done.completeExceptionally(e);
                }
            }
        });
        return done;
    }

    /** On the partition's thread. */
    private PartitionIndex makeHere(String map, int partition, List<String> names) {
        RecordStore<?> store = maps.getExistingRecordStore(partition, map);
        if (store == null) {
            return null;
        }
        PartitionIndex there = there(map, partition);
        if (there == null || !there.isOf(store)) {
            AtomicReferenceArray<PartitionIndex> ofMap =
                    made.computeIfAbsent(map, name -> new AtomicReferenceArray<>(partitions.getPartitionCount()));
            there = new PartitionIndex(store, gone -> ofMap.compareAndSet(partition, gone, null));
            ofMap.set(partition, there);
        }
        if (!there.has(store, names)) {
            there.make(names);
        }
        return there;
    }

    /** How many events of the whole cluster have a cursor within the bounds of a range. */
    public long countEvents(Range range) {
        List<CompletableFuture<Long>> counts = new ArrayList<>();
        for (int id = 0; id < partitions.getPartitionCount(); id++) {
            counts.add(operations
                    .<Long>createInvocationBuilder(
                            MapService.SERVICE_NAME, new CountOperation(Names.EVENT_STORE, Names.CURSOR, range), id)
                    .invoke());
        }
        return counts.stream().mapToLong(CompletableFuture::join).sum();
    }

    /** How many entries of one partition are within the bounds of a range; to be called by the partition's thread. */
    long countHere(String map, int partition, String index, Range range) {
        PartitionIndex there = makeHere(map, partition, FIXED.get(map));
        return there == null ? 0 : there.index(index).count(range);
    }

    private PartitionIndex there(String map, int partition) {
        AtomicReferenceArray<PartitionIndex> ofMap = made.get(map);
        return ofMap == null ? null : ofMap.get(partition);
    }

    /** Null where the partition is another member's, or has nothing of the map. */
    private RecordStore<?> ownStore(String map, int partition) {
        return partitions.getPartition(partition, false).isLocal() ? maps.getExistingRecordStore(partition, map) : null;
    }

    /** Makes what is missing: of partitions that have come here, or are written for the first time. */
    public void look() {
        FIXED.keySet().forEach(this::make);
        generations.all().keySet().forEach(this::make);
    }
}
