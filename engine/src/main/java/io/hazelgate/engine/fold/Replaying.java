package io.hazelgate.engine.fold;

import io.hazelgate.engine.projector.Answer;
import io.hazelgate.engine.projector.Projector;
import io.hazelgate.engine.projector.QuestionStream;
import io.hazelgate.engine.projector.Write;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.EntryLoader;
import io.hazelgate.engine.wire.Loaded;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Folds batches of a long log so that nobody waits: while the projector folds one, it has the next one already, the entries that the
 * next one needs are loaded, and those of the one before are written.
 *
 * <p>The projector remembers what it has folded, so this is for one who writes alone. Each write is made where the entry is as the
 * projector knew it, and none is made before all of the batch before are: where one is refused, as whenever something is unusual,
 * this fails, and what was not {@code done} by then is to be folded again in another way.
 *
 * @param <B> what the caller knows of a batch
 */
public final class Replaying<B> implements Replays.Replay<B> {
    private final Projector projector;
    private final QuestionStream replayer;
    private final EntryLoader loader;
    private final EntryWriter writer;
    private final Collection<String> views;
    private final Consumer<B> done;
    private final Deque<Batch<B>> reading = new ArrayDeque<>();
    private final Deque<Batch<B>> folding = new ArrayDeque<>();
    private final Deque<Batch<B>> writing = new ArrayDeque<>();

    private static final class Batch<B> {
        final B what;
        final long id;
        Supplier<Answer> answer;
        CompletableFuture<List<Write>> refused;

        Batch(B what, long id) {
            this.what = what;
            this.id = id;
        }
    }

    /** A write was refused: somebody else has changed the entry. */
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        Refused() {
            super("somebody else writes into the same entries");
        }
    }

    /**
     * @param mapOf the map that is meant where the projector names one
     * @param done told of each batch once everything of it is written
     */
    public Replaying(
            Projector projector,
            Entries entries,
            Collection<String> views,
            UnaryOperator<String> mapOf,
            Consumer<B> done) {
        this.projector = projector;
        loader = new EntryLoader(entries, mapOf);
        writer = new EntryWriter(entries, mapOf);
        this.views = views;
        this.done = done;
        replayer = projector.newReplayer();
    }

    @Override
    public void add(List<byte[]> records, B what) {
        Batch<B> batch = new Batch<>(what, projector.newBatchId());
        batch.answer = replayer.read(batch.id, views, records);
        reading.add(batch);
        if (reading.size() > 1) {
            advance();
        }
    }

    @Override
    public void finish() {
        while (!reading.isEmpty() || !folding.isEmpty()) {
            advance();
        }
        settle();
    }

    private void advance() {
        Batch<B> read = reading.poll();
        if (read != null) {
            Loaded loaded = new Loaded();
            loader.load(read.answer.get().needs(), loaded);
            read.answer = replayer.fold(read.id, loaded);
            folding.add(read);
        }
        if (folding.size() > 1 || read == null) {
            Batch<B> folded = folding.remove();
            List<Write> writes = folded.answer.get().writes();
            settle();
            folded.refused = writer.write(writes);
            writing.add(folded);
        }
    }

    private void settle() {
        while (!writing.isEmpty()) {
            Batch<B> written = writing.remove();
            if (!written.refused.join().isEmpty()) {
                throw new Refused();
            }
            done.accept(written.what);
        }
    }

    @Override
    public void close() {
        replayer.close();
    }
}
