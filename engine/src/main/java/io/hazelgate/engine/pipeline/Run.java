package io.hazelgate.engine.pipeline;

import io.hazelgate.engine.projector.Answer;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** A batch on its way through plan, load, project, persist and update views: what it touches, and whether all goes well. */
final class Run {
    private final Set<String> eventIds = new HashSet<>();
    private final CompletableFuture<Set<String>> touched = new CompletableFuture<>();
    private int tries;
    private volatile boolean troubled;
    private volatile boolean done;

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

    /** The projector has answered, and nothing is written yet. */
    void projected(Map<String, ? extends Map<String, ?>> loaded, Answer answer) {
        Set<String> entries = new HashSet<>();
        loaded.forEach((map, read) -> read.keySet().forEach(key -> entries.add(entry(map, key))));
        answer.writes().forEach(write -> entries.add(entry(write.map(), write.key())));
        touched.complete(entries);
    }

    void wentThrough() {
        done = true;
    }

    /** Nothing more will happen. */
    void ended() {
        touched.complete(null);
    }

    /** Whether {@link #isUnlike} can answer at once. */
    boolean isProjected() {
        return touched.isDone();
    }

    /** Waits until this one is projected, and tells whether the other batch has no event and needs no entry of it. */
    boolean isUnlike(List<Received> events, Map<String, List<String>> needs) throws InterruptedException {
        Set<String> entries = touched();
        if (entries == null || events.stream().anyMatch(event -> eventIds.contains(event.eventId()))) {
            return false;
        }
        return needs.entrySet().stream().allMatch(map -> areElsewhere(map.getKey(), map.getValue(), entries));
    }

    /** The same for what the other batch came to. */
    boolean isUnlike(Answer other) throws InterruptedException {
        Set<String> entries = touched();
        return entries != null
                && other.writes().stream().noneMatch(write -> entries.contains(entry(write.map(), write.key())));
    }

    private static boolean areElsewhere(String map, Collection<String> keys, Set<String> entries) {
        return keys.stream().noneMatch(key -> entries.contains(entry(map, key)));
    }

    private Set<String> touched() throws InterruptedException {
        try {
            return touched.get();
        } catch (java.util.concurrent.ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String entry(String map, String key) {
        return map + '/' + key;
    }

    /** Whether it is through, was tried once, and met nobody. */
    boolean wentSmoothly() {
        return done && !troubled;
    }
}
