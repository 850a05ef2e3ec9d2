package io.hazelgate.engine;

/**
 * What the engine does so that its log can be trusted: it remembers ids, stores as the owner of the lane, writes an entry only where it
 * is what it was read as, bounds what is in flight, and looks after what stays pending. Always: {@code make bench ARGS=trust} alone
 * starts a member that leaves all of it out, to see what it costs.
 */
public final class Guarantees {
    private static final String LEFT_OUT = "hazelgate.benchmark.without-guarantees";

    /** True wherever events matter. */
    public static final boolean ARE_KEPT = !Boolean.getBoolean(LEFT_OUT);

    private Guarantees() {}

    /**
     * Says what this member is, where it is one of a benchmark.
     *
     * @throws IllegalStateException where it would write into a database
     */
    static void check(boolean durable) {
        if (ARE_KEPT) {
            return;
        }
        if (durable) {
            throw new IllegalStateException(LEFT_OUT + " is for a benchmark in memory: a database keeps what it gets");
        }
        System.err.println(LEFT_OUT + ": this member is for a benchmark, it may store an event twice or lose it");
    }
}
