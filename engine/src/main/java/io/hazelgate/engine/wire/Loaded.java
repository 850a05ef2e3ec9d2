package io.hazelgate.engine.wire;

import java.util.HashMap;
import java.util.Map;

/** What is loaded for the projector to see: by map, the entries by key; null where there is none. */
public final class Loaded extends HashMap<String, Map<String, byte[]>> {}
