package io.hazelgate.engine.restore;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent;
import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import com.hazelcast.partition.PartitionLostEvent;
import com.hazelcast.partition.PartitionLostListener;
import io.hazelgate.engine.log.MemoryEventLog;
import io.hazelgate.engine.log.Readiness;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Notices that partitions are lost: more members went at once than there are backups. What was lost is on record for all members, in
 * the map {@code recovery}. With a durable log {@link Recovery} restores it, and nothing is processed from now on until it has; else it
 * is there until an operator acknowledges it.
 */
public final class Losses implements PartitionLostListener {
    private static final String RECORD = "lost-partitions";
    private static final String PARTITIONS = "partitions";
    /** Every map has two backups: the third copy is the last. */
    private static final int LAST_COPY = 2;

    private final IMap<String, String> shared;
    private final int partitionCount;
    private final Readiness readiness;
    private final boolean durable;
    private final ILogger log;
    private final Set<Integer> unsaid = ConcurrentHashMap.newKeySet();
    private volatile JsonObject known;

    /** @param durable whether the log outlives the members, so that what was lost can be restored */
    public Losses(HazelcastInstance hazelcast, Readiness readiness, boolean durable) {
        this.readiness = readiness;
        this.durable = durable;
        shared = hazelcast.getMap(Names.RECOVERY);
        partitionCount = hazelcast.getPartitionService().getPartitions().size();
        log = hazelcast.getLoggingService().getLogger(Losses.class);
        hazelcast.getPartitionService().addPartitionLostListener(this);
        hazelcast.getLifecycleService().addLifecycleListener(event -> {
            if (event.getState() == LifecycleEvent.LifecycleState.MERGED) {
                // A side that was split off has lost what the other has: it is part of that again.
                unsaid.clear();
            }
        });
    }

    @Override
    public void partitionLost(PartitionLostEvent event) {
        if (event.getLostBackupCount() >= LAST_COPY) {
            unsaid.add(event.getPartitionId());
            hold();
        }
    }

    /** From the first moment on: a batch would find entries that are not there to be new. */
    void hold() {
        if (durable) {
            readiness.restoring("partitions were lost with all their copies, and are restored from the log");
        }
    }

    /** Whether there is anything to be restored, as far as is known here without asking. */
    boolean areToBeRestored() {
        return durable && (known != null || !unsaid.isEmpty());
    }

    /** What is on record now, to be handed to {@link #restored}; null where nothing is. */
    String onRecord() {
        look();
        return shared.get(RECORD);
    }

    /** All that was on record is there again; what was lost since is to be restored still. */
    void restored(String record) {
        shared.remove(RECORD, record);
        look();
    }

    /** Puts what was lost on record, and learns what is on record. */
    public void look() {
        Set<Integer> lost = Set.copyOf(unsaid);
        if (!lost.isEmpty()) {
            record(lost);
            if (!durable) {
                shared.set(MemoryEventLog.LOG_ID, MemoryEventLog.newId());
            }
            unsaid.removeAll(lost);
            log.warning(lost.size() + " of " + partitionCount + " partitions are lost: more members went at once than"
                    + " there are backups. "
                    + (durable
                            ? "They are restored from the log"
                            : "What they held in memory is" + " gone: `hazelgate doctor` says what to do"));
        }
        String record = shared.get(RECORD);
        known = record == null ? null : parsed(record);
    }

    private void record(Set<Integer> lost) {
        while (true) {
            String before = shared.get(RECORD);
            Set<Integer> all = new TreeSet<>(lost);
            JsonObject record = before == null ? new JsonObject().add("at", Clock.iso(Clock.micros())) : parsed(before);
            if (before != null) {
                record.get(PARTITIONS).asArray().forEach(each -> all.add(each.asInt()));
            }
            JsonArray partitions = new JsonArray();
            all.forEach(partitions::add);
            String after =
                    record.set(PARTITIONS, partitions).set("of", partitionCount).toString();
            if (before == null ? shared.putIfAbsent(RECORD, after) == null : shared.replace(RECORD, before, after)) {
                return;
            }
        }
    }

    /** What nobody restores, without asking: {@code at}, how many partitions, and of how many; null where there is nothing. */
    public JsonObject known() {
        JsonObject record = known;
        return record == null || durable
                ? null
                : new JsonObject()
                        .add("at", record.getString("at", ""))
                        .add(PARTITIONS, record.get(PARTITIONS).asArray().size())
                        .add("of", record.getInt("of", 0));
    }

    /**
     * An operator knows of it. Returns whether there was anything.
     *
     * @throws IllegalArgumentException it is restored without that
     */
    public boolean acknowledge() {
        if (durable) {
            throw new IllegalArgumentException("what partitions lose is restored from PostgreSQL: see /ready");
        }
        boolean there = shared.remove(RECORD) != null;
        known = null;
        return there;
    }

    private static JsonObject parsed(String record) {
        return Json.object(record.getBytes(StandardCharsets.UTF_8));
    }
}
