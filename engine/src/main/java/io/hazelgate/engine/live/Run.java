package io.hazelgate.engine.live;

import io.hazelgate.engine.projector.Answer;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** A batch on its way through plan, load, project, persist and update views: what it touches, and whether all goes well. */
final class Run {
    private static final long NOT_THROUGH = 0;

    private final Set<String> eventIds = new HashSet<>();
    /** By map, the keys that it reads; null where the projector has not been asked ahead of its turn. */
    private volatile Map<String, Set<String>> asked;

    private volatile CompletableFuture<Touched> touched = new CompletableFuture<>();
    private int tries;
    private boolean troubled;
    private long writtenLast = NOT_THROUGH;
    private volatile long through = NOT_THROUGH;

    /** By map, the keys that an answer of the projector rests on, or writes. */
    private record Touched(long batchId, Map<String, Set<String>> entries) {}

    Run(List<Received> events) {
        events.forEach(event -> eventIds.add(event.eventId()));
    }

    /** Each try but the first is trouble. */
    void tries() {
        troubled |= ++tries > 1;
    }

    boolean isFirstTry() {
        return tries == 1;
    }

    /** It is not as simple as it seemed: nothing is to rest on it. */
    void troubled() {
        troubled = true;
    }

    /** The projector is about to be asked ahead of its turn. */
    void asked(Map<String, ? extends Collection<String>> reads) {
        Map<String, Set<String>> entries = new HashMap<>();
        reads.forEach((map, keys) -> entries.put(map, new HashSet<>(keys)));
        asked = entries;
    }

    /** What was asked ahead of its turn came to nothing: it is asked anew, and nothing can rest on the first answer. */
    void askedInVain() {
        CompletableFuture<Touched> before = touched;
        touched = new CompletableFuture<>();
        asked = null;
        before.complete(null);
    }

    void projected(long batchId, Map<String, ? extends Map<String, ?>> loaded, Answer answer) {
        if (touched.isDone()) {
            return;
        }
        Map<String, Set<String>> entries = new HashMap<>();
        loaded.forEach((map, read) -> entries.put(map, new HashSet<>(read.keySet())));
        answer.writes().forEach(write -> entries.computeIfAbsent(write.map(), map -> new HashSet<>())
                .add(write.key()));
        touched.complete(new Touched(batchId, entries));
    }

    /** It is written as this answer has it. */
    void written(long batchId) {
        writtenLast = batchId;
    }

    void wentThrough() {
        through = troubled ? NOT_THROUGH : writtenLast;
    }

    void ended() {
        touched.complete(null);
    }

    /** Whether another can be prepared to come after it. */
    boolean isKnown() {
        return asked != null || touched.isDone();
    }

    Before before() {
        return new Before();
    }

    /** The run, as it is known to one that is prepared to come after it. */
    final class Before {
        private final Map<String, Set<String>> reads = asked;
        private final CompletableFuture<Touched> awaited = touched;
        private long batchId = NOT_THROUGH;

        /** Whether the other batch has no event of it, and needs no entry that is known to be touched. */
        boolean isUnlike(List<Received> events, Map<String, List<String>> needs) {
            Touched answered = awaited.getNow(null);
            Map<String, Set<String>> entries = answered == null ? reads : answered.entries;
            if (entries == null || awaited.isDone() && answered == null) {
                return false;
            }
            return events.stream().noneMatch(event -> eventIds.contains(event.eventId()))
                    && areElsewhere(needs, entries);
        }

        /** Waits until it is projected, and tells whether what the other rests on and comes to is nothing that it touches. */
        boolean isUnlike(Map<String, ? extends Map<String, ?>> loaded, Answer answer) throws InterruptedException {
            Touched answered = answered();
            if (answered == null) {
                return false;
            }
            batchId = answered.batchId;
            return loaded.entrySet().stream()
                            .allMatch(map -> areElsewhere(map.getValue().keySet(), answered.entries.get(map.getKey())))
                    && answer.writes().stream().noneMatch(write -> answered.entries
                            .getOrDefault(write.map(), Set.of())
                            .contains(write.key()));
        }

        private Touched answered() throws InterruptedException {
            try {
                return awaited.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }

        /** Whether it is through as it was answered then, was tried once, and met nobody. */
        boolean holds() {
            return batchId != NOT_THROUGH && through == batchId;
        }

        private static boolean areElsewhere(Map<String, List<String>> needs, Map<String, Set<String>> entries) {
            return needs.entrySet().stream().allMatch(map -> areElsewhere(map.getValue(), entries.get(map.getKey())));
        }

        private static boolean areElsewhere(Collection<String> keys, Set<String> entries) {
            return entries == null || keys.stream().noneMatch(entries::contains);
        }
    }
}
