package io.hazelgate.engine.lanes;

import com.hazelcast.logging.ILogger;
import com.sun.management.GarbageCollectionNotificationInfo;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;

/**
 * Whether the heap has room for more events. A member that is nearly full takes none, so that what it has can still be read, and lives.
 *
 * <p>What counts is what is left after a collection. One that leaves much may have passed garbage over: then all of it is collected once,
 * which stops the member for a moment, and what is left after that decides.
 */
public final class HeapRoom implements AutoCloseable {
    private static final double FULL = 0.85;
    private static final double ROOM = 0.80;
    /** As much more than a collection of everything has left is not all garbage: another one tells. */
    private static final double GROWN = 0.02;

    private static final long SHORTEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int PAUSES_PER_COLLECTION = 19;

    private static final List<MemoryPoolMXBean> POOLS = ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .toList();
    private static final Set<String> POOL_NAMES =
            POOLS.stream().map(MemoryPoolMXBean::getName).collect(Collectors.toSet());

    private final long maxBytes;
    private final LongSupplier collectAll;
    private final LongSupplier nanoTime;
    private final ILogger log;
    private final javax.management.NotificationListener listener = (told, here) -> collected(told);

    private volatile double share;
    private volatile boolean full;
    private double leftByAll;
    private long nextAt;

    /** Hears of the collections of this process, until it is closed. */
    public HeapRoom(ILogger log) {
        this(Runtime.getRuntime().maxMemory(), HeapRoom::collectAll, System::nanoTime, log);
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            ((NotificationEmitter) collector).addNotificationListener(listener, null, null);
        }
    }

    /**
     * One that hears of collections by {@link #leaves} alone.
     *
     * @param collectAll collects everything, and returns the bytes that are left
     */
    HeapRoom(long maxBytes, LongSupplier collectAll, LongSupplier nanoTime, ILogger log) {
        this.maxBytes = maxBytes;
        this.collectAll = collectAll;
        this.nanoTime = nanoTime;
        this.log = log;
        nextAt = nanoTime.getAsLong();
    }

    /** The listener hears of it later, so the pools are asked. */
    private static long collectAll() {
        System.gc();
        return POOLS.stream()
                .map(MemoryPoolMXBean::getCollectionUsage)
                .filter(Objects::nonNull)
                .mapToLong(MemoryUsage::getUsed)
                .sum();
    }

    private void collected(Notification told) {
        if (told.getType().equals(GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION)) {
            leaves(
                    GarbageCollectionNotificationInfo.from((CompositeData) told.getUserData())
                            .getGcInfo()
                            .getMemoryUsageAfterGc()
                            .entrySet()
                            .stream()
                            .filter(pool -> POOL_NAMES.contains(pool.getKey()))
                            .mapToLong(pool -> pool.getValue().getUsed())
                            .sum());
        }
    }

    /** What a collection has left in the heap, in bytes. */
    void leaves(long bytes) {
        share = (double) bytes / maxBytes;
    }

    /** To be called every second or so: asks for a collection where one is needed to know, and decides. */
    public synchronized void look() {
        double now = share;
        if (full ? now < ROOM : now < FULL) {
            decide(false);
            return;
        }
        long time = nanoTime.getAsLong();
        if (time - nextAt >= 0 || !full && now >= leftByAll + GROWN) {
            leaves(collectAll.getAsLong());
            leftByAll = share;
            long ended = nanoTime.getAsLong();
            nextAt = ended + Math.max(SHORTEST_PAUSE_NANOS, (ended - time) * PAUSES_PER_COLLECTION);
            decide(full ? share >= ROOM : share >= FULL);
        }
    }

    private void decide(boolean isFull) {
        if (isFull && !full) {
            log.warning("no new events are taken: " + problem(share));
        } else if (full && !isFull) {
            log.info("new events are taken again: the heap has room");
        }
        full = isFull;
    }

    /** Of the heap, what the last collection has left; none before there was one. */
    public double share() {
        return share;
    }

    public boolean isFull() {
        return full;
    }

    /** Why no events are taken; null where they are. */
    public String problem() {
        return full ? problem(share) : null;
    }

    private String problem(double now) {
        return "the heap is " + Math.round(now * 100)
                + " % full after collection; give members a larger --heap, or add one";
    }

    @Override
    public void close() {
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            try {
                ((NotificationEmitter) collector).removeNotificationListener(listener);
            } catch (javax.management.ListenerNotFoundException e) {
                log.fine("it never heard of " + collector.getName(), e);
            }
        }
    }
}
