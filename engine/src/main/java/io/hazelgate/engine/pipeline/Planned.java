package io.hazelgate.engine.pipeline;

import java.util.List;
import java.util.Map;

/**
 * A batch that is next, as far as it could be prepared while the one before it was still written.
 *
 * @param needs by map, the keys of the entries that it needs; empty where nobody has planned yet
 * @param ahead what it comes to, where that did not depend on the one before it; else null
 */
record Planned(List<Received> events, Map<String, List<String>> needs, Ahead ahead) {
    static Planned nothing(List<Received> events) {
        return new Planned(events, Map.of(), null);
    }
}
