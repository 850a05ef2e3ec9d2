package io.hazelgate.engine.projector;

import io.hazelgate.engine.projector.Resolving.Affected;
import io.hazelgate.engine.projector.Resolving.Order;
import io.hazelgate.engine.projector.Resolving.Settling;
import io.hazelgate.engine.wire.Loaded;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The Python process that upcasts, guards and folds. It is asked one batch at a time and keeps nothing between two calls, so
 * that it can be killed and started again whenever it likes.
 */
public final class Projector implements Answerer, AutoCloseable {
    private static final long PROBE_INTERVAL_MILLIS = 100;

    private final Connection connection;
    private final Consumer<Description> onDescription;
    private final AtomicLong batches = new AtomicLong();
    private final AtomicLong restarts = new AtomicLong();
    private volatile Life life = Life.UNKNOWN;
    private volatile String problem;
    private volatile Description description = Description.NONE;

    /**
     * @param address {@code host:port}
     * @param timeoutSeconds how long it may take to answer, or to give another sign of life
     * @param onDescription called whenever the projector has (re)appeared or changed, before the first batch goes to it; may raise
     *     {@link UnfitProjector}
     */
    public Projector(String address, long timeoutSeconds, Consumer<Description> onDescription) {
        this.onDescription = onDescription;
        connection = new Connection(address, timeoutSeconds);
    }

    /** Whether it answers, or did a moment ago: its worker is started again within a second, and events wait for it. */
    public boolean isReady() {
        return connection.answers() || problem == null && connection.answeredJustNow();
    }

    @Override
    public Life life() {
        return life;
    }

    /** How often another process has answered than before. */
    public long restarts() {
        return restarts.get();
    }

    /** Why it is not used although it answers; null otherwise. */
    public String problem() {
        return problem;
    }

    public Description description() {
        return description;
    }

    public String address() {
        return connection.address;
    }

    public Asker newFolder() {
        return new Asker(connection, Method.FOLD);
    }

    public QuestionStream newReplayer() {
        return new QuestionStream(connection, Method.REPLAY);
    }

    public Asker newAsker() {
        return new Asker(connection, Method.PROCESS);
    }

    public long newBatchId() {
        return batches.incrementAndGet();
    }

    /**
     * Asks what to do about a dead letter, in one round.
     *
     * @param maxAttempts after so many a view gives up on its event
     * @param backoffMillis how long the first retry waits
     * @throws ProjectorAway when it can't be reached, dies or does not answer
     * @throws BatchTooLarge when the letter fits into no question, or what it comes to into no answer
     * @throws ProjectorFailed when it answers that it could not
     */
    public Resolving resolve(Order order, String now, int maxAttempts, long backoffMillis, Loaded loaded, Care care) {
        return Replies.resolving(
                askOnce(Method.RESOLVE, Requests.resolve(order, now, maxAttempts, backoffMillis, loaded, care)));
    }

    /**
     * Asks how events stand, in one round.
     *
     * @param without the dead letter that is about to go, or null
     */
    public Settling settle(List<Affected> events, String without, String now, Loaded loaded, Care care) {
        return Replies.settling(askOnce(Method.SETTLE, Requests.settle(events, without, now, loaded, care)));
    }

    /** Over a stream of its own: this is rare, and several may ask at the same time. */
    private byte[] askOnce(Method method, byte[] request) {
        try (Asker asker = new Asker(connection, method)) {
            return asker.ask(request);
        }
    }

    @Override
    public void awaitReady() throws InterruptedException {
        await(Long.MAX_VALUE);
    }

    /**
     * The same projector for one who does not wait for ever.
     *
     * @return its {@code awaitReady} throws {@link ProjectorAway} after that many milliseconds
     */
    public Answerer patientFor(long millis) {
        return new Answerer() {
            @Override
            public void awaitReady() throws InterruptedException {
                await(millis);
            }

            @Override
            public Life life() {
                return life;
            }
        };
    }

    private void await(long millis) throws InterruptedException {
        long from = System.nanoTime();
        while (!connection.answers() && !probe()) {
            if (System.nanoTime() - from > TimeUnit.MILLISECONDS.toNanos(millis)) {
                throw new ProjectorAway("the projector at " + address() + " is away", null);
            }
            Thread.sleep(PROBE_INTERVAL_MILLIS);
        }
    }

    /** Asks once whether it is there, so that readiness is known while no events come. */
    public boolean probe() {
        try {
            Description told = Replies.description(connection.call(Method.DESCRIBE));
            // Another projector may have come to the same address between two probes.
            if (!connection.answers() || !told.fingerprint().equals(description.fingerprint())) {
                connection.answers(false);
                Life now = Replies.life(connection.call(Method.LIFE));
                description = told;
                onDescription.accept(told);
                if (!life.equals(Life.UNKNOWN) && !life.instance().equals(now.instance())) {
                    restarts.incrementAndGet();
                }
                life = now;
                connection.answers(true);
            }
            problem = null;
            return true;
        } catch (UnfitProjector e) {
            problem = e.getMessage();
            return false;
        } catch (ProjectorAway e) {
            problem = null;
            return false;
        }
    }

    @Override
    public void close() {
        connection.close();
    }
}
