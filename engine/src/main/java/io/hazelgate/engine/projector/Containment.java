package io.hazelgate.engine.projector;

import com.hazelcast.logging.ILogger;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Tries a batch until it is done, and finds the handler to blame when the projector does not survive it.
 *
 * <p>The first failure may be anybody's: the whole batch is simply tried again. After the second one the batch is done in parts, in the
 * careful mode, in which the projector tells each call of the user's code before it makes it. A call at which it failed
 * twice in a row is marked as failed when the part is asked for again; a part that fails in some other way is halved.
 *
 * <p>What fails elsewhere is tried again: for as long as it takes where members, the network or the log are away, and else a few times.
 * Then the batch is halved, too, down to single events, and one that goes on failing by itself is marked as failed.
 *
 * <p>All of this is in memory: another member, or a job that starts anew, begins from the start, which costs time and nothing else.
 *
 * @param <E> an event
 * @param <R> what a try with some of them comes to
 * @param eventId of an event, as crumbs name it
 * @param passes whether a failure elsewhere than in the projector is waited out, by trying until it has passed
 */
public record Containment<E, R>(
        Answerer projector,
        Function<E, String> eventId,
        Containment.Attempt<E, R> attempt,
        Predicate<RuntimeException> passes,
        LongAdder contained,
        ILogger log) {
    private static final int CAREFUL_EVENTS = 100;
    private static final int FAILURES_BEFORE_CARE = 2;
    private static final int FAILURES_BEFORE_HALVING = 4;
    private static final int TRIES_ELSEWHERE = 6;
    private static final long FIRST_BACKOFF_MILLIS = 20;
    private static final long MAX_BACKOFF_MILLIS = 1_000;

    /** The same failure, elsewhere than in the projector, each time; and it is no outage. */
    private static final class KeepsFailing extends RuntimeException {
        KeepsFailing(RuntimeException cause) {
            super(cause.toString(), cause);
        }
    }

    /** One try with some events, from the beginning. Each of its steps is safe to do again. */
    public interface Attempt<E, R> {
        R with(List<E> events, Care care) throws InterruptedException;
    }

    /**
     * @param first the first try, which may know more about the batch than later ones
     * @param done takes each part of the batch as soon as it is through, in order
     */
    public void process(List<E> events, Attempt<E, R> first, Consumer<R> done) throws InterruptedException {
        Attempt<E, R> next = first;
        for (int failures = 0; failures < FAILURES_BEFORE_CARE; ) {
            projector.awaitReady();
            try {
                done.accept(untilItIsTheProjector(next, events, Care.NONE));
                return;
            } catch (BatchTooLarge e) {
                log.info(events.size() + " events are processed in parts: " + e.getMessage());
                for (List<E> part : halves(events)) {
                    if (part.size() == events.size()) {
                        carefully(part, done);
                    } else {
                        process(part, attempt, done);
                    }
                }
                return;
            } catch (KeepsFailing e) {
                log.warning(events.size() + " events failed " + TRIES_ELSEWHERE
                        + " times: each is tried in a smaller part");
                for (List<E> part : halves(events)) {
                    if (part.size() == 1) {
                        carefully(part, done);
                    } else {
                        process(part, attempt, done);
                    }
                }
                return;
            } catch (ProjectorAway | ProjectorFailed e) {
                failures++;
                log.warning(e.getMessage() + "; " + events.size() + " events wait for it");
                Thread.sleep(FIRST_BACKOFF_MILLIS);
            }
            next = attempt;
        }
        log.warning(
                "the projector failed twice at the same " + events.size() + " events: they are processed carefully");
        for (int from = 0; from < events.size(); from += CAREFUL_EVENTS) {
            carefully(events.subList(from, Math.min(events.size(), from + CAREFUL_EVENTS)), done);
        }
    }

    private void carefully(List<E> events, Consumer<R> done) throws InterruptedException {
        boolean alone = events.size() == 1;
        Blame blame = new Blame(projector, contained, log);
        int failures = 0;
        while (alone || failures < FAILURES_BEFORE_HALVING) {
            projector.awaitReady();
            String asked = projector.life().instance();
            Crumb crumb;
            String failure;
            try {
                done.accept(untilItIsTheProjector(attempt, events, blame.care()));
                return;
            } catch (BatchTooLarge e) {
                if (!alone) {
                    break;
                }
                crumb = Crumb.ofEvent(eventId.apply(events.get(0)));
                blame.suspect(crumb);
                failure = "is too much to be done at once: " + e.getMessage();
            } catch (KeepsFailing e) {
                if (!alone) {
                    break;
                }
                crumb = Crumb.ofEvent(eventId.apply(events.get(0)));
                blame.suspect(crumb);
                failure = "failed in the engine: " + e.getMessage();
            } catch (ProjectorAway e) {
                crumb = e.crumb;
                failure = null;
            } catch (ProjectorFailed e) {
                crumb = e.crumb;
                failure = "failed: " + e.getMessage();
            }
            if (crumb != null && crumb.eventId().isEmpty()) {
                // What is left when all handlers have returned: it can only be the event as a whole.
                crumb = alone ? Crumb.ofEvent(eventId.apply(events.get(0))) : null;
            }
            if (blame.found(crumb, asked, failure)) {
                failures = 0;
            } else {
                failures++;
                Thread.sleep(Math.min(MAX_BACKOFF_MILLIS, FIRST_BACKOFF_MILLIS << Math.min(failures, 10)));
            }
        }
        for (List<E> part : halves(events)) {
            carefully(part, done);
        }
    }

    /** What fails elsewhere than in the projector is tried again: an outage until it has passed, anything else a few times. */
    private R untilItIsTheProjector(Attempt<E, R> next, List<E> events, Care care) throws InterruptedException {
        long backoff = FIRST_BACKOFF_MILLIS;
        int failures = 0;
        while (true) {
            try {
                return next.with(events, care);
            } catch (RuntimeException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedException();
                }
                boolean ofProjector =
                        e instanceof ProjectorAway || e instanceof ProjectorFailed || e instanceof BatchTooLarge;
                if (ofProjector || !passes.test(e)) {
                    throw e;
                }
                if (!Outage.is(e) && ++failures == TRIES_ELSEWHERE) {
                    throw new KeepsFailing(e);
                }
                log.warning(
                        "a batch of " + events.size() + " events failed and is tried again in " + backoff + " ms", e);
                Thread.sleep(backoff);
                backoff = Math.min(MAX_BACKOFF_MILLIS, backoff * 2);
            }
        }
    }

    private static <E> List<List<E>> halves(List<E> events) {
        int half = events.size() / 2;
        return half == 0 ? List.of(events) : List.of(events.subList(0, half), events.subList(half, events.size()));
    }
}
