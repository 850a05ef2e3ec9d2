package io.hazelgate.engine.restore;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import com.hazelcast.partition.PartitionLostEvent;
import com.hazelcast.partition.PartitionLostListener;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Notices that partitions are lost: more members went at once than there are backups. What was lost is on record for all members, in
 * the map {@code recovery}, until an operator acknowledges it.
 */
public final class Losses implements PartitionLostListener {
    private static final String RECORD = "lost-partitions";
    private static final String PARTITIONS = "partitions";
    /** Every map has two backups: the third copy is the last. */
    private static final int LAST_COPY = 2;

    private final IMap<String, String> shared;
    private final int partitionCount;
    private final ILogger log;
    private final Set<Integer> unsaid = ConcurrentHashMap.newKeySet();
    private volatile JsonObject known;

    public Losses(HazelcastInstance hazelcast) {
        shared = hazelcast.getMap(Names.RECOVERY);
        partitionCount = hazelcast.getPartitionService().getPartitions().size();
        log = hazelcast.getLoggingService().getLogger(Losses.class);
        hazelcast.getPartitionService().addPartitionLostListener(this);
    }

    @Override
    public void partitionLost(PartitionLostEvent event) {
        if (event.getLostBackupCount() >= LAST_COPY) {
            unsaid.add(event.getPartitionId());
        }
    }

    /** Puts what was lost on record, and learns what is on record. */
    public void look() {
        Set<Integer> lost = Set.copyOf(unsaid);
        if (!lost.isEmpty()) {
            record(lost);
            unsaid.removeAll(lost);
            log.warning(lost.size() + " of " + partitionCount + " partitions are lost: more members went at once than"
                    + " there are backups. What they held in memory is gone: `hazelgate doctor` says what to do");
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

    /** What is on record, without asking: {@code at}, how many partitions, and of how many; null where nothing is. */
    public JsonObject known() {
        JsonObject record = known;
        return record == null
                ? null
                : new JsonObject()
                        .add("at", record.getString("at", ""))
                        .add(PARTITIONS, record.get(PARTITIONS).asArray().size())
                        .add("of", record.getInt("of", 0));
    }

    /** An operator knows of it. Returns whether there was anything. */
    public boolean acknowledge() {
        boolean there = shared.remove(RECORD) != null;
        known = null;
        return there;
    }

    private static JsonObject parsed(String record) {
        return Json.object(record.getBytes(StandardCharsets.UTF_8));
    }
}
