package io.hazelgate.engine.live;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.log.EventLog;
import io.hazelgate.engine.log.KnownEvents;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Finds the events in {@code pending-events} that the journal did not bring: it is a ring, and forgets without a word.
 *
 * <p>A key is taken for forgotten when two looks in a row find it pending and not in the pipeline.
 */
public final class Reconciler {
    private final IMap<String, HazelcastJsonValue> pendingEvents;
    private final Entries entries;
    private final EventLog log;
    private final PipelineStatistics statistics;
    private volatile OfRun current = new OfRun();

    /** What one run of the pipeline has, and what was found for it. A look that began under one run tells the next nothing. */
    private static final class OfRun {
        final Set<String> inPipeline = ConcurrentHashMap.newKeySet();
        /** In their order; not in the pipeline before it has taken them. */
        final Queue<Received> found = new ConcurrentLinkedQueue<>();

        final Set<String> foundKeys = ConcurrentHashMap.newKeySet();
        /** For one look after the other. */
        Set<String> suspects = Set.of();

        boolean knows(String key) {
            return inPipeline.contains(key) || foundKeys.contains(key);
        }
    }

    Reconciler(
            IMap<String, HazelcastJsonValue> pendingEvents,
            Entries entries,
            EventLog log,
            PipelineStatistics statistics) {
        this.pendingEvents = pendingEvents;
        this.entries = entries;
        this.log = log;
        this.statistics = statistics;
    }

    /** Another run of the pipeline begins: it has nothing yet. */
    public void begin() {
        current = new OfRun();
    }

    public boolean has(String key) {
        return current.inPipeline.contains(key);
    }

    public void arrived(String key) {
        current.inPipeline.add(key);
    }

    public void left(Collection<String> keys) {
        current.inPipeline.removeAll(keys);
    }

    /** The next event that the journal forgot and that has not come in some other way since, or null. */
    public Received poll() {
        OfRun run = current;
        Received next = run.found.poll();
        while (next != null) {
            run.foundKeys.remove(next.key());
            if (!run.inPipeline.contains(next.key())) {
                return next;
            }
            next = run.found.poll();
        }
        return null;
    }

    /**
     * What is pending under these keys: first what was stored, in the order of storing, then the rest in the order of submission.
     *
     * <p>A new event must not move an entry's mark past a stored one that has not reached that entry yet.
     */
    public List<Received> inOrder(Set<String> pendingKeys) {
        List<Received> events = read(pendingKeys);
        KnownEvents known = KnownEvents.whole(entries, log, Received.idsOf(events));
        events.sort(Comparator.comparing(
                event -> cursorOf(known.storedRecord(event.eventId())),
                Comparator.nullsLast(Comparator.naturalOrder())));
        return events;
    }

    private static String cursorOf(byte[] storedRecord) {
        return storedRecord == null ? null : Json.stringField(storedRecord, "cursor");
    }

    /** Looks once. @param pending the keys of this pipeline's pending events on this member */
    synchronized void look(Set<String> pending) {
        OfRun run = current;
        Set<String> now = new HashSet<>(pending);
        now.removeIf(run::knows);
        Set<String> forgotten = new HashSet<>(now);
        forgotten.retainAll(run.suspects);
        for (Received event : read(forgotten)) {
            run.foundKeys.add(event.key());
            run.found.add(event);
            statistics.reconciled.increment();
        }
        now.removeAll(forgotten);
        run.suspects = now;
    }

    private List<Received> read(Set<String> keys) {
        List<Received> events = new ArrayList<>();
        entries.read(pendingEvents.getName(), keys).join().forEach((key, envelope) -> {
            if (envelope != null) {
                events.add(new Received(key, envelope, Clock.micros(), false));
            }
        });
        sortBySubmission(events);
        return events;
    }

    /** None comes before the first submission of its event, whatever the clocks of the gateways say: that one was acknowledged first. */
    static void sortBySubmission(List<Received> events) {
        Map<String, String> submissions = new HashMap<>();
        events.forEach(event -> submissions.put(event.key(), submission(event)));
        events.sort(Comparator.<Received, String>comparing(event -> {
                    String own = submissions.get(event.key());
                    String first = submissions.getOrDefault(Names.firstKeyOf(event.key()), own);
                    return own.compareTo(first) < 0 ? first : own;
                })
                .thenComparing(event -> !event.key().equals(Names.firstKeyOf(event.key()))));
    }

    private static String submission(Received event) {
        return Json.stringField(event.envelope(), "timestamp")
                + '|'
                + Json.stringField(event.envelope(), "submissionId");
    }
}
