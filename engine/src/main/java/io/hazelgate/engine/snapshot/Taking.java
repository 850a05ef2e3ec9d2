package io.hazelgate.engine.snapshot;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import com.hazelcast.map.impl.proxy.MapProxyImpl;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.snapshot.Letters.Meta;
import io.hazelgate.engine.views.Positions;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;

/**
 * One snapshot being taken, by one member, of the entries of all, while writes go on.
 *
 * <p>The position comes first, then the entries: each is at least as new as the position. An entry that is blocked goes together with
 * its dead letters, read after the entry, so that every event that waits is in one or the other.
 */
final class Taking {
    private static final int FETCH = 500;
    private static final int PART_BYTES = 8 * 1024 * 1024;
    private static final int AT_ONCE = 500;
    private static final int MAX_LOOKS = 200;
    private static final long LOOK_NANOS = 50_000_000;

    private final Store store;
    private final Positions positions;
    private final Archive.Writing archive;
    private final LongConsumer progress;
    private final Lines.Buffer buffer = new Lines.Buffer();
    private final Map<String, List<String>> blocked = new LinkedHashMap<>();
    private final Set<String> letters = new HashSet<>();
    private long entries;

    Taking(Store store, Positions positions, Archive.Writing archive, LongConsumer progress) {
        this.store = store;
        this.positions = positions;
        this.archive = archive;
        this.progress = progress;
    }

    Manifest run(String id, Collection<String> views) throws SnapshotUnusable {
        String takenAt = Clock.iso(Clock.micros());
        Settled.Counted settled = new Settled(store, positions).counted();
        if (settled.events() == 0) {
            throw new SnapshotUnusable("there is no event yet that a snapshot could hold");
        }
        Map<String, String> maps = new LinkedHashMap<>();
        views.forEach(view -> maps.put(view, store.generations().liveMap(view)));
        for (Map.Entry<String, String> view : maps.entrySet()) {
            dump(view.getKey(), view.getValue());
        }
        dump(Names.AGGREGATE_HEADS, Names.AGGREGATE_HEADS);
        dump(Names.DEAD_LETTER_DECISIONS, Names.DEAD_LETTER_DECISIONS);
        for (Map.Entry<String, List<String>> view : blocked.entrySet()) {
            dumpBlocked(view.getKey(), maps.get(view.getKey()), view.getValue());
        }
        dumpOtherLetters(views);
        long upTo = positions.reached();
        Map<String, List<String>> code = new LinkedHashMap<>();
        maps.forEach((view, map) -> code.put(view, store.generations().of(view).code()));
        for (Map.Entry<String, String> view : maps.entrySet()) {
            if (!store.generations().liveMap(view.getKey()).equals(view.getValue())) {
                throw new SnapshotUnusable(
                        view.getKey() + " was switched to another generation meanwhile: take the snapshot again");
            }
        }
        return archive.finish(Manifest.unfinished(
                id,
                store.hazelcast().getConfig().getClusterName(),
                takenAt,
                settled.position(),
                upTo,
                settled.events(),
                code));
    }

    private void dump(String name, String mapName) throws SnapshotUnusable {
        MapProxyImpl<String, HazelcastJsonValue> map = (MapProxyImpl<String, HazelcastJsonValue>)
                store.hazelcast().<String, HazelcastJsonValue>getMap(mapName);
        int partitions = store.hazelcast().getPartitionService().getPartitions().size();
        for (int partition = 0; partition < partitions; partition++) {
            Iterator<Map.Entry<String, HazelcastJsonValue>> found = map.iterator(FETCH, partition, true);
            while (found.hasNext()) {
                Map.Entry<String, HazelcastJsonValue> entry = found.next();
                String text = entry.getValue().getValue();
                if (lettersOf(text).isEmpty()) {
                    append(name, entry.getKey(), Json.bytes(text));
                } else {
                    blocked.computeIfAbsent(name, view -> new ArrayList<>()).add(entry.getKey());
                }
            }
        }
        send(name);
    }

    private static Set<String> lettersOf(String entry) {
        return entry.contains("\"blocked\":{") ? Meta.of(entry).letters() : Set.of();
    }

    /** Entries that were blocked when they came by: read again until each is free, or its letter there. */
    private void dumpBlocked(String name, String map, List<String> keys) throws SnapshotUnusable {
        List<String> left = keys;
        for (int look = 0; !left.isEmpty(); look++) {
            if (look == MAX_LOOKS) {
                throw new SnapshotUnusable("the dead letters of " + left.size() + " entries of " + name
                        + " change too fast, or are missing: first " + left.get(0));
            }
            List<String> again = new ArrayList<>();
            for (int from = 0; from < left.size(); from += AT_ONCE) {
                again.addAll(dumpPairs(name, map, left.subList(from, Math.min(left.size(), from + AT_ONCE))));
            }
            if (!again.isEmpty()) {
                LockSupport.parkNanos(LOOK_NANOS);
            }
            left = again;
        }
        send(name);
    }

    private List<String> dumpPairs(String name, String map, List<String> keys) throws SnapshotUnusable {
        Map<String, Set<String>> lettersOf = new LinkedHashMap<>();
        Map<String, byte[]> found = store.entries().read(map, keys).join();
        for (Map.Entry<String, byte[]> entry : found.entrySet()) {
            if (entry.getValue() != null) {
                lettersOf.put(entry.getKey(), lettersOf(Meta.text(entry.getValue())));
            }
        }
        Set<String> wanted = new HashSet<>();
        lettersOf.values().forEach(wanted::addAll);
        Map<String, byte[]> there =
                store.entries().read(Names.DEAD_LETTER_EVENTS, wanted).join();
        List<String> again = new ArrayList<>();
        Set<String> paired = new HashSet<>();
        for (Map.Entry<String, Set<String>> entry : lettersOf.entrySet()) {
            if (entry.getValue().stream().anyMatch(letter -> there.get(letter) == null)) {
                again.add(entry.getKey());
            } else {
                append(name, entry.getKey(), found.get(entry.getKey()));
                paired.addAll(entry.getValue());
            }
        }
        send(name);
        for (String letter : paired) {
            if (letters.add(letter)) {
                append(Names.DEAD_LETTER_EVENTS, letter, there.get(letter));
            }
        }
        send(Names.DEAD_LETTER_EVENTS);
        return again;
    }

    /** Those that block nothing, or block what was still free when it came by: who loads them looks whether they are wanted. */
    private void dumpOtherLetters(Collection<String> views) throws SnapshotUnusable {
        IMap<String, HazelcastJsonValue> map = store.hazelcast().getMap(Names.DEAD_LETTER_EVENTS);
        for (Map.Entry<String, HazelcastJsonValue> letter : map.entrySet()) {
            String text = letter.getValue().getValue();
            String projection = Json.object(text).getString("projection", "");
            if ((projection.equals(Letters.ANY) || views.contains(projection)) && letters.add(letter.getKey())) {
                append(Names.DEAD_LETTER_EVENTS, letter.getKey(), Json.bytes(text));
            }
        }
        send(Names.DEAD_LETTER_EVENTS);
    }

    private void append(String name, String key, byte[] entry) throws SnapshotUnusable {
        Lines.append(buffer, key, entry);
        entries++;
        if (buffer.size() >= PART_BYTES) {
            send(name);
        }
    }

    private void send(String name) throws SnapshotUnusable {
        if (buffer.size() > 0) {
            archive.send(name, buffer.bytes(), buffer.size());
            buffer.reset();
            progress.accept(entries);
        }
    }
}
