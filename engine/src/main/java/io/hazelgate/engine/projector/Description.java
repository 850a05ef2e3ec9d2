package io.hazelgate.engine.projector;

import java.util.List;
import java.util.Map;

/**
 * What the projector's code is about.
 *
 * @param views the view maps, each with the names of its sort keys
 */
public record Description(String fingerprint, Map<String, List<String>> views, List<String> eventTypes) {}
