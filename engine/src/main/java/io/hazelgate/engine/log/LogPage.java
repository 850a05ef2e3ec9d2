package io.hazelgate.engine.log;

import java.util.List;

/**
 * A part of the log.
 *
 * @param isLast nothing was behind it when it was read; otherwise it was cut, and there may be more
 */
public record LogPage(List<StoredEvent> events, boolean isLast) {}
