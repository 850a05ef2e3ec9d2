package io.hazelgate.engine.snapshot;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.log.KnownEvents;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.views.Positions;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Up to which position every stored event is in the views, cluster-wide.
 *
 * <p>What the members' gates say is not enough: a member that died between storing an event and writing the views has left an event
 * that no gate knows of, until its lane's next owner has done the rest. Such an event is still pending. So nothing that is stored and
 * still pending is taken for settled.
 */
public record Settled(Store store, Positions positions) {
    private static final int MAX_LOOKS = 100;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** A position, and how many events of the log are at or below it. */
    record Counted(long position, long events) {}

    public long position() {
        return below(positions.settled());
    }

    /** The same, with its events. A gateway hears of an event a moment before it is settled: where no other is, that is waited for. */
    Counted counted() {
        return counted(positions.reached(), positions::settled);
    }

    /** @param reached a position that all events so far are at or below */
    Counted counted(long reached, LongSupplier gates) {
        for (int look = 1; ; look++) {
            long position = below(gates.getAsLong());
            long events = store.log().countUpTo(position);
            if (events > 0 || look == MAX_LOOKS || store.log().countUpTo(reached) == 0) {
                return new Counted(position, events);
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    /** @param gates the lowest position that the members' gates name, asked for before this */
    long below(long gates) {
        IMap<String, HazelcastJsonValue> pending = store.hazelcast().getMap(Names.PENDING_EVENTS);
        Set<String> ids = pending.keySet().stream().map(Names::eventIdOf).collect(Collectors.toSet());
        KnownEvents known = KnownEvents.whole(store.entries(), store.log(), ids);
        return ids.stream()
                .map(known::storedRecord)
                .filter(Objects::nonNull)
                .mapToLong(record -> Json.object(record).getLong("position", Long.MAX_VALUE) - 1)
                .reduce(gates, Math::min);
    }
}
