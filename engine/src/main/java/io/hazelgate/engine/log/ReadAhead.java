package io.hazelgate.engine.log;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/** Pages of the log, one behind the other: while one is folded, the next one is read. */
public final class ReadAhead {
    private record Page(String after, CompletableFuture<List<StoredEvent>> events) {
        List<StoredEvent> joined() {
            try {
                return events.join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof RuntimeException cause ? cause : e;
            }
        }
    }

    private Page ahead;

    /**
     * The next page.
     *
     * @param cursor the page begins behind it; null: at the beginning
     * @param most how many events it may have; behind one with fewer there is nothing to be read ahead
     * @param read reads the page behind a cursor
     * @return none at the end
     */
    public List<StoredEvent> next(String cursor, int most, Function<String, List<StoredEvent>> read) {
        Page page = ahead;
        ahead = null;
        // Whoever goes back has another cursor.
        List<StoredEvent> events = page != null && page.after.equals(cursor) ? page.joined() : List.of();
        if (events.isEmpty()) {
            events = read.apply(cursor);
        }
        if (events.size() >= most) {
            events = events.subList(0, most);
            String last = events.get(most - 1).cursor();
            ahead = new Page(last, CompletableFuture.supplyAsync(() -> read.apply(last)));
        }
        return events;
    }
}
