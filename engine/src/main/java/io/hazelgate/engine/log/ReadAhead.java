package io.hazelgate.engine.log;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/** Pages of the log, one behind the other: while one is folded, the next one is read. */
public final class ReadAhead {
    private record Ahead(String after, CompletableFuture<LogPage> page) {
        LogPage joined() {
            try {
                return page.join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof RuntimeException cause ? cause : e;
            }
        }
    }

    private Ahead ahead;

    /**
     * The next page.
     *
     * @param cursor the page begins behind it; null: at the beginning
     * @param most how many events it may have
     * @param read reads the page behind a cursor; behind the last one there is nothing to be read ahead
     */
    public LogPage next(String cursor, int most, Function<String, LogPage> read) {
        // Whoever goes back has another cursor.
        LogPage page = ahead != null && ahead.after.equals(cursor) ? ahead.joined() : null;
        ahead = null;
        if (page == null || page.events().isEmpty()) {
            page = read.apply(cursor);
        }
        if (page.events().size() > most) {
            page = new LogPage(page.events().subList(0, most), false);
        }
        if (!page.isLast()) {
            String last = page.events().get(page.events().size() - 1).cursor();
            ahead = new Ahead(last, CompletableFuture.supplyAsync(() -> read.apply(last)));
        }
        return page;
    }
}
