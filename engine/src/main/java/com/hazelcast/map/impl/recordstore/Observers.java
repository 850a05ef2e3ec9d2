package com.hazelcast.map.impl.recordstore;

import com.hazelcast.map.impl.record.Record;

/**
 * Lets somebody else observe what happens in a record store, as Hazelcast's own indexes do.
 *
 * <p>Hazelcast has no public way to it. This is in its package because the list of observers can be seen from there alone: should
 * an upgrade change that, this does not compile any more.
 */
public final class Observers {
    private Observers() {}

    /** To be called by the thread of the store's partition. An observer can't be taken away: it goes with its store. */
    @SuppressWarnings("rawtypes") // as Hazelcast has them
    public static void add(RecordStore<?> store, MutationObserver<Record> observer) {
        ((AbstractRecordStore) store).mutationObserver.add(observer);
    }
}
