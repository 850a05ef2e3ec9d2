package io.hazelgate.engine.log;

import java.util.List;
import java.util.Map;

/**
 * The store has events that this batch took for new, or others in the places that it wanted: an earlier run stored them and died before
 * it had told anybody, or somebody sends an event again that is too old to be in the maps. Nothing of the batch was stored. It is
 * tried again with what was found.
 */
public final class StoreConflict extends Exception {
    private final transient List<byte[]> found;
    private final transient Map<String, KnownRecord> known;

    /**
     * @param found records of other events, to be applied in front of the batch
     * @param known by event id, what the store has of events of the batch itself
     */
    public StoreConflict(List<byte[]> found, Map<String, KnownRecord> known) {
        super(found.size() + known.size() + " records were in the store already", null, false, false);
        this.found = found;
        this.known = known;
    }

    public List<byte[]> found() {
        return found;
    }

    public Map<String, KnownRecord> known() {
        return known;
    }
}
