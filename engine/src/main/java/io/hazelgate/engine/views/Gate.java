package io.hazelgate.engine.views;

import com.hazelcast.core.HazelcastInstanceNotActiveException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The gate that every batch passes: closed, it keeps the views still while one generation takes another's place.
 *
 * <p>It also knows up to which position everything is stored and in the views: what was given out before the oldest batch that is
 * still inside. A gate whose holder is gone, or holds it too long, opens by itself.
 */
public final class Gate {
    private static final long LOOK_MILLIS = 50;

    private final LongSupplier given;
    private final LongSupplier reached;
    private final Runnable beforeOpening;
    private final Consumer<String> revoking;
    private final LongSupplier nanoTime;
    private final Map<Long, Long> inside = new HashMap<>();
    private long passes;
    private String holder;
    private BooleanSupplier holds;
    private long heldUntilNanos;

    /**
     * @param given a position that all given out before are at or below, or an earlier one; must not fail, a batch that may not go in is
     *     not tried again
     * @param reached a position that every one given out so far is at or below, and every later one above
     * @param beforeOpening called before anything passes again
     * @param revoking called before it opens by itself, with who holds it: whoever that is may wake up, and must not write then. Where
     *     it fails the gate stays closed for now
     */
    public Gate(LongSupplier given, LongSupplier reached, Runnable beforeOpening, Consumer<String> revoking) {
        this(given, reached, beforeOpening, revoking, System::nanoTime);
    }

    Gate(
            LongSupplier given,
            LongSupplier reached,
            Runnable beforeOpening,
            Consumer<String> revoking,
            LongSupplier nanoTime) {
        this.given = given;
        this.reached = reached;
        this.beforeOpening = beforeOpening;
        this.revoking = revoking;
        this.nanoTime = nanoTime;
    }

    /** Waits until the gate is open, and goes in; to be given back to {@link #leave}. */
    public long enter() throws InterruptedException {
        // Other members may have to be asked: nobody waits for that at the gate.
        long from = given.getAsLong();
        synchronized (this) {
            while (isClosed()) {
                wait(LOOK_MILLIS);
            }
            long pass = ++passes;
            inside.put(pass, from);
            return pass;
        }
    }

    public synchronized void leave(long pass) {
        inside.remove(pass);
        notifyAll();
    }

    /** Up to which position every event of this member's lanes is stored and applied, or never will be. */
    public synchronized long settled() {
        return inside.values().stream().mapToLong(from -> from).min().orElseGet(reached);
    }

    /**
     * Lets nobody in any more, and waits until nobody is inside.
     *
     * @param who closes it; may close it again to hold it longer
     * @param holds whether who closed it is still there to open it
     * @return false when somebody else holds it, or it was not empty in time; then it is not closed by this
     */
    public synchronized boolean close(String who, BooleanSupplier holds, long waitMillis, long holdMillis)
            throws InterruptedException {
        if (isClosed() && !who.equals(holder)) {
            return false;
        }
        holder = who;
        this.holds = holds;
        heldUntilNanos = nanoTime.getAsLong() + TimeUnit.MILLISECONDS.toNanos(waitMillis + holdMillis);
        long until = nanoTime.getAsLong() + TimeUnit.MILLISECONDS.toNanos(waitMillis);
        while (!inside.isEmpty()) {
            if (nanoTime.getAsLong() - until >= 0) {
                open(who);
                return false;
            }
            wait(LOOK_MILLIS);
        }
        return isClosed();
    }

    /** Opens it, where this one has closed it; returns whether it had been closed until now. */
    public synchronized boolean open(String who) {
        boolean held = isClosed() && who.equals(holder);
        if (held) {
            release();
        }
        return held;
    }

    /** Whether this one has closed it, and it has not opened since. */
    public synchronized boolean isHeldBy(String who) {
        return isClosed() && who.equals(holder);
    }

    private boolean isClosed() {
        if (holder != null && (nanoTime.getAsLong() - heldUntilNanos >= 0 || !holds.getAsBoolean())) {
            openByItself();
        }
        return holder != null;
    }

    private void openByItself() {
        try {
            revoking.accept(holder);
        } catch (HazelcastInstanceNotActiveException e) {
            throw e;
        } catch (RuntimeException e) {
            return; // whoever waits looks again in a moment
        }
        release();
    }

    private void release() {
        beforeOpening.run();
        holder = null;
        notifyAll();
    }
}
