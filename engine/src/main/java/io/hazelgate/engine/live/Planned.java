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
}
