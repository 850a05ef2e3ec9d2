package io.hazelgate.engine.pipeline;

import java.util.List;

/**
 * The store holds other events under keys that this batch wanted: an earlier run stored them and died before it moved the
 * aggregates' heads. They are applied first, and the batch is tried again behind them.
 */
final class StoreConflict extends Exception {
    private final transient List<byte[]> found;

    StoreConflict(List<byte[]> found) {
        super(found.size() + " records were in the store already", null, false, false);
        this.found = found;
    }

    List<byte[]> found() {
        return found;
    }
}
