package io.hazelgate.engine.fold;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Has batches replayed as long as that goes well. Where something is unusual the replay is given up: its caller then goes back
 * behind what is done, and folds some batches one by one, the unusual one among them.
 *
 * @param <B> what the caller knows of a batch
 */
public final class Replays<B> implements AutoCloseable {
    private static final int BATCHES_ONE_BY_ONE = 8;

    /** One replay, from its first batch to its end or its failure. */
    public interface Replay<B> extends AutoCloseable {
        /** Takes one more batch; those before it are one step further then. */
        void add(List<byte[]> records, B what);

        /** Returns when everything is written. */
        void finish();

        @Override
        void close();
    }

    private final Supplier<? extends Replay<B>> begin;
    private final BooleanSupplier isAlone;
    private final Decisions decisions;
    private final Consumer<RuntimeException> givenUp;
    private Replay<B> replay;
    private int oneByOne;

    /**
     * @param isAlone whether nobody else writes into the same entries, and one projector knows all events
     * @param decisions an event that one is about is unusual
     * @param givenUp told why
     */
    public Replays(
            Supplier<? extends Replay<B>> begin,
            BooleanSupplier isAlone,
            Decisions decisions,
            Consumer<RuntimeException> givenUp) {
        this.begin = begin;
        this.isAlone = isAlone;
        this.decisions = decisions;
        this.givenUp = givenUp;
    }

    /** Whether the next batch is to be replayed; otherwise its caller folds it for itself, after an {@link #end}. */
    public boolean takes(List<byte[]> records) {
        if (oneByOne > 0) {
            oneByOne--;
            return false;
        }
        return isAlone.getAsBoolean() && decisions.about(records).isEmpty();
    }

    /** Whether a replay has begun, and is not at its end. */
    public boolean isUnderWay() {
        return replay != null;
    }

    /** Takes one more batch. False where the replay is given up. */
    public boolean add(List<byte[]> records, B what) {
        if (replay == null) {
            replay = begin.get();
        }
        return isGoing(() -> replay.add(records, what));
    }

    /** Returns when everything is written. False where the replay is given up. */
    public boolean settle() {
        return replay == null || isGoing(replay::finish);
    }

    /** The same; what the replay remembers is no longer how the entries are once somebody else folds. */
    public boolean end() {
        boolean all = settle();
        close();
        return all;
    }

    private boolean isGoing(Runnable step) {
        try {
            step.run();
            return true;
        } catch (RuntimeException e) {
            givenUp.accept(e);
            close();
            oneByOne = BATCHES_ONE_BY_ONE;
            return false;
        }
    }

    @Override
    public void close() {
        if (replay != null) {
            replay.close();
            replay = null;
        }
    }
}
