package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.index.Indexes;
import io.hazelgate.engine.index.Range;
import io.hazelgate.engine.index.Walk;
import io.hazelgate.engine.network.Deadline;
import io.hazelgate.engine.network.Task.Answerer;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.JsonData;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Answers figures over the entries of a map in groups, from this member's own partitions. Whoever asked merges the groups of all members. */
public record AggregateEntries(Indexes indexes, OwnPartitions partitions, ScanTurns turns) implements Answerer {
    @Override
    public byte[] answer(byte[] request, Deadline deadline) throws InterruptedException {
        return partitions.still(deadline, own -> answer(Json.object(request), own, deadline));
    }

    private byte[] answer(JsonObject request, String own, Deadline deadline) throws InterruptedException {
        String map = request.get("map").asString();
        String index = request.get("index").asString();
        List<Range> ranges = KeyRange.parse(request).stream()
                .map(range -> range.walked(false))
                .toList();
        EntryFilter filter = EntryQuery.filter(request);
        Group.Shape shape = Group.Shape.parse(request);
        if (filter == null && shape.isCount()) {
            // The index knows it, and no entry is looked at.
            long count = ranges.stream()
                    .mapToLong(range -> indexes.count(map, index, range))
                    .sum();
            return json(count == 0 ? List.of() : List.of(Group.counted(shape, count)), 0, false, own);
        }
        long maxScanned = EntryQuery.maxScanned(request);
        int maxGroups = request.getInt("maxGroups", Integer.MAX_VALUE);
        Map<String, Group> groups = new HashMap<>();
        long scanned = 0;
        try (ScanTurns.Scan scan = turns.begin(deadline)) {
            for (Range range : ranges) {
                Walk walk = indexes.walk(map, index, range);
                while (walk.next()) {
                    scan.look();
                    if (++scanned > maxScanned) {
                        return json(List.of(), scanned, true, own);
                    }
                    byte[] entry = walk.value().toByteArray();
                    if (filter == null || filter.matches(entry, JsonData.TEXT_OFFSET)) {
                        String values = shape.groupOf(entry, JsonData.TEXT_OFFSET);
                        groups.computeIfAbsent(values, name -> new Group(shape, name))
                                .add(entry, JsonData.TEXT_OFFSET);
                        if (groups.size() > maxGroups) {
                            return json(List.of(), scanned, true, own);
                        }
                    }
                }
            }
        }
        return json(groups.values(), scanned, false, own);
    }

    private static byte[] json(Collection<Group> groups, long scanned, boolean exceeded, String own) {
        String all = groups.stream().map(Group::toJson).collect(Collectors.joining(","));
        return Json.bytes("{\"groups\":[" + all + "],\"partitions\":\"" + own + "\",\"scanned\":" + scanned
                + ",\"exceeded\":" + exceeded + "}");
    }
}
