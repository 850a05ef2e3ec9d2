package io.hazelgate.engine.log;

import com.hazelcast.logging.ILogger;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How PostgreSQL stands, as far as its answers tell: not asked yet, well, or away for a reason.
 *
 * <p>A question that has no answer for some time counts as a failure, too: before it has failed.
 */
final class Health {
    private static final String NO_SUCH_TABLE = "42P01";
    private static final String NO_SUCH_COLUMN = "42703";
    private static final String TOO_LONG = "57014";
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final ILogger log;
    private final LongSupplier nanoTime;
    private volatile boolean asked;
    private volatile String problem = "PostgreSQL has not been asked yet";

    private volatile long failedAtNanos;
    /** When the append, and the probe, that is under way began; 0: none is. */
    private volatile long appendingSince;

    private volatile long probingSince;

    Health(ILogger log, LongSupplier nanoTime) {
        this.log = log;
        this.nanoTime = nanoTime;
        failedAtNanos = nanoTime.getAsLong();
    }

    /** Whether there was an answer or a failure by now. */
    boolean isAsked() {
        return asked;
    }

    /** Why nothing can be stored just now, in a sentence; null when all is well. */
    String problem() {
        long slowest = Math.max(waiting(appendingSince), waiting(probingSince));
        if (problem == null && slowest > PATIENCE_NANOS) {
            return "PostgreSQL is away: no answer for " + TimeUnit.NANOSECONDS.toSeconds(slowest) + " s";
        }
        return problem;
    }

    private long waiting(long since) {
        return since == 0 ? 0 : nanoTime.getAsLong() - since;
    }

    void appending(boolean underWay) {
        appendingSince = underWay ? nanoTime.getAsLong() : 0;
    }

    void probing(boolean underWay) {
        probingSince = underWay ? nanoTime.getAsLong() : 0;
    }

    void answered() {
        if (problem != null) {
            log.info("PostgreSQL answers");
            problem = null;
        }
        asked = true;
    }

    /** A probe had an answer: not enough where an append is under way and something has failed just now. */
    void answeredProbe() {
        if (appendingSince == 0 || waiting(failedAtNanos) > PATIENCE_NANOS) {
            answered();
        }
    }

    /** It could not be asked, or could not answer. */
    LogAway failed(SQLException e) {
        problem = told(e);
        failedAtNanos = nanoTime.getAsLong();
        asked = true;
        return new LogAway(problem, e);
    }

    /** What a failure comes to, in a sentence. */
    static String told(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        if (state.equals(NO_SUCH_TABLE) || state.equals(NO_SUCH_COLUMN)) {
            return "PostgreSQL does not have the tables as this release needs them: run `hazelgate migrate`";
        }
        if (state.equals(TOO_LONG)) {
            return "PostgreSQL took too long for a query: ask for less, or without a count";
        }
        Throwable said = e.getCause() instanceof SQLException cause ? cause : e;
        return "PostgreSQL is away: "
                + String.valueOf(said.getMessage()).lines().findFirst().orElse("no answer");
    }
}
