package io.hazelgate.engine.rebuild;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What the leader of a rebuild has seen of the others: who has little left to read, and has said so just now.
 *
 * <p>Each of them counts how often it has said something, and the leader looks when that number changes: by its own clock, as those of
 * others may be wrong.
 */
final class CaughtUp {
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final Map<String, Seen> seen = new HashMap<>();

    private record Seen(long count, long changedAtNanos, boolean isChanged) {}

    /**
     * What one member has said.
     *
     * @param count of what it has said so far
     * @param caughtUp whether it had little left to read
     */
    record Said(long count, boolean caughtUp) {}

    /** Whether each member, by its key, has caught up, and says so still. One that is seen for the first time may be gone. */
    synchronized boolean areAll(Collection<String> members, Map<String, Said> said, long nowNanos) {
        boolean all = true;
        for (String member : members) {
            Said last = said.get(member);
            if (last == null) {
                all = false;
                continue;
            }
            Seen before = seen.get(member);
            Seen now = before != null && before.count == last.count
                    ? before
                    : new Seen(last.count, nowNanos, before != null);
            seen.put(member, now);
            all &= last.caughtUp && now.isChanged && nowNanos - now.changedAtNanos < FRESH_NANOS;
        }
        return all;
    }
}
