package io.hazelgate.engine.live;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Claim;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import io.hazelgate.engine.wire.PartitionKeys;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/**
 * Clears claims that a run left behind which was cut short. Every member looks at all claims twice a second, and at those that have not
 * changed meanwhile more closely.
 *
 * <p>A claim is void for an event that is not pending any more: whatever it came to is done. It is void, too, for an event that is not
 * stored and whose lane the claim's run has lost: that run can't store it any more, and the run that can asks anew. Where the event is
 * stored, the claim stays until its entry has it: guards must not rest on an entry without it. Other stored events may change the entry.
 */
final class ClaimWatch {
    private final Store store;
    private final OwnedLanes owned;
    /** The partition of a pending event, by its key. */
    private final ToIntFunction<String> partitionOf;

    private final ILogger log;
    private final Map<String, String[]> laneKeys = new ConcurrentHashMap<>();
    private Map<String, String> seen = Map.of();

    ClaimWatch(Shared shared, OwnedLanes owned) {
        store = shared.store();
        this.owned = owned;
        partitionOf = shared.lanes()::laneOf;
        log = shared.logger(ClaimWatch.class);
    }

    /** Looks once. */
    void look() {
        IMap<String, HazelcastJsonValue> claims = store.hazelcast().getMap(Names.CLAIMS);
        Map<String, String> now = new HashMap<>();
        claims.entrySet().forEach(each -> now.put(each.getKey(), each.getValue().getValue()));
        Map<String, String> before = seen;
        seen = now;
        Map<String, byte[]> unchanged = new HashMap<>();
        now.forEach((name, json) -> {
            if (json.equals(before.get(name))) {
                unchanged.put(name, Json.bytes(json));
            }
        });
        if (!unchanged.isEmpty()) {
            settle(unchanged);
        }
    }

    /** Settles these claims, by their names. */
    void settle(Map<String, byte[]> jsons) {
        Map<String, Claim> claims = new HashMap<>();
        jsons.forEach((name, json) -> claims.put(name, Claim.of(json)));
        Set<String> holders = claims.values().stream()
                .flatMap(each -> each.holders().stream())
                .collect(Collectors.toSet());
        // First whose the lanes are: who has lost one by now stores nothing more in it.
        Map<String, String> runs = runsOf(claims.values());
        Set<String> pending = new HashSet<>();
        store.entries().read(Names.PENDING_EVENTS, holders).join().forEach((key, envelope) -> {
            if (envelope != null) {
                pending.add(key);
            }
        });
        Set<String> stored = Claims.storedOf(store, pending);
        List<Change> changes = new ArrayList<>();
        claims.forEach((name, claim) -> {
            Set<String> gone = new LinkedHashSet<>();
            Set<String> nowStored = new LinkedHashSet<>();
            for (String holder : claim.holders()) {
                if (stored.contains(holder)) {
                    nowStored.add(holder);
                } else if (!pending.contains(holder) || canNotStore(claim, holder, runs)) {
                    gone.add(holder);
                }
            }
            Claim left = claim.without(gone);
            left = left == null ? null : left.withStored(nowStored);
            if (!claim.equals(left)) {
                log.fine("the claim " + name + " is settled: " + gone + " are void, " + nowStored + " are stored");
                changes.add(Change.setIfSame(name, jsons.get(name), left == null ? null : left.toJson()));
            }
        });
        store.entries().change(Names.CLAIMS, changes).join();
    }

    private Map<String, String> runsOf(Collection<Claim> claims) {
        Set<String> keys = new HashSet<>();
        claims.forEach(claim -> claim.holders().forEach(holder -> keys.add(laneKey(claim, holder))));
        return OwnedLanes.runsOf(store, keys);
    }

    private String laneKey(Claim claim, String holder) {
        return laneKeys.computeIfAbsent(claim.pipeline(), name -> PartitionKeys.of(store.hazelcast(), name))[
                partitionOf.applyAsInt(holder)];
    }

    /**
     * Whether the claim's run has lost the event's lane. In a durable log it can store until the lane's next owner has taken it there,
     * too: so only that one can tell.
     */
    private boolean canNotStore(Claim claim, String holder, Map<String, String> runs) {
        String owner = runs.getOrDefault(laneKey(claim, holder), "");
        boolean taken = owner.equals(owned.run().toString()) && owned.owns(partitionOf.applyAsInt(holder));
        return !owner.equals(claim.run()) && (taken || !store.log().isDurable());
    }
}
