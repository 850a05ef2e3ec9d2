package io.hazelgate.engine.projector;

import java.util.List;
import java.util.Map;

/** What the projector says to a question: either the entries that it needs to see first, or all the rest. */
public interface Reply {
    /** By map, the keys of the entries. */
    Map<String, List<String>> needs();

    default boolean needsMore() {
        return !needs().isEmpty();
    }
}
