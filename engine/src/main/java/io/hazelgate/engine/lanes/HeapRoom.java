package io.hazelgate.engine.lanes;

import com.hazelcast.logging.ILogger;
import com.sun.management.GarbageCollectionNotificationInfo;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.Set;
import java.util.concurrent.TimeUnit;
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
    private static final double ALMOST_ALL = 0.95;
    /** A collection of everything is not asked for more often than this, unless almost all is in use. */
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final Set<String> pools = ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .map(MemoryPoolMXBean::getName)
            .collect(Collectors.toSet());
    private final long maxBytes;
    private final Runnable collectAll;
    private final ILogger log;
    private final javax.management.NotificationListener listener = (told, here) -> collected(told);

    private volatile double share;
    private volatile boolean full;
    private long askedAt = System.nanoTime() - PAUSE_NANOS;

    /** Hears of the collections of this process, until it is closed. */
    public HeapRoom(ILogger log) {
        this(Runtime.getRuntime().maxMemory(), System::gc, log);
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            ((NotificationEmitter) collector).addNotificationListener(listener, null, null);
        }
    }

    /** One that hears of collections by {@link #leaves} alone. */
    HeapRoom(long maxBytes, Runnable collectAll, ILogger log) {
        this.maxBytes = maxBytes;
        this.collectAll = collectAll;
        this.log = log;
    }

    private void collected(Notification told) {
        if (told.getType().equals(GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION)) {
            leaves(
                    GarbageCollectionNotificationInfo.from((CompositeData) told.getUserData())
                            .getGcInfo()
                            .getMemoryUsageAfterGc()
                            .entrySet()
                            .stream()
                            .filter(pool -> pools.contains(pool.getKey()))
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
        long time = System.nanoTime();
        if (time - askedAt > PAUSE_NANOS || !full && now > ALMOST_ALL) {
            collectAll.run();
            askedAt = System.nanoTime();
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
