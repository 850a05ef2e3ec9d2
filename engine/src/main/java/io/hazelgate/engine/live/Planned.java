package io.hazelgate.engine.live;

import java.util.List;
import java.util.Map;

/**
 * A batch that is to come, as far as it could be prepared while those before it were still under way.
 *
 * @param needs by map, the keys of the entries that it needs; empty where nobody has planned yet
 * @param ahead what it comes to, where that did not depend on those before it; else null
 */
record Planned(List<Received> events, Map<String, List<String>> needs, Ahead ahead) {
    static Planned nothing(List<Received> events) {
        return new Planned(events, Map.of(), null);
    }

    /** The same without what it comes to: that is worked out in its turn. */
    Planned withoutAhead() {
        if (ahead != null) {
            ahead.end();
        }
        return new Planned(events, needs, null);
    }

    /**
     * What the projector answered about a batch while those before it were still projected and written, which it has nothing in common with.
     *
     * <p>It counts only if each of them went through at the first try, as it was known then. Its positions are given out already: it has
     * been inside the gate since before that, until it is processed or dropped.
     */
    static final class Ahead {
        private final List<Run.Before> before;
        private final Projected projected;
        private final Runnable leave;
        private boolean inside = true;

        /** @param leave takes it out of the gate */
        Ahead(List<Run.Before> before, Projected projected, Runnable leave) {
            this.before = before;
            this.projected = projected;
            this.leave = leave;
        }

        /** Whether what it was made from is still true; once those before it are done. */
        boolean holds() {
            return before.stream().allMatch(Run.Before::holds);
        }

        Projected projected() {
            return projected;
        }

        /** It is done with, used or not; once is enough. */
        synchronized void end() {
            if (inside) {
                inside = false;
                leave.run();
            }
        }
    }
}
