package io.hazelgate.engine.projector;

import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.spi.exception.RetryableException;
import java.io.IOException;
import java.sql.SQLException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;

/** Tells failures that pass, of members, of the network and of the log, from those that come of what is asked for. */
final class Outage {
    private static final String HAZELCAST = "com.hazelcast.";
    private static final String JSON = "com.hazelcast.internal.json.";

    private Outage() {}

    static boolean is(Throwable failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof HazelcastException
                    || each instanceof HazelcastInstanceNotActiveException
                    || each instanceof RetryableException
                    || each instanceof SQLException
                    || each instanceof IOException
                    || each instanceof TimeoutException
                    || each instanceof CancellationException
                    || each instanceof RejectedExecutionException
                    || isThrownByHazelcast(each)) {
                return true;
            }
        }
        return false;
    }

    /** Its parser of JSON apart, which complains about what it is given. */
    private static boolean isThrownByHazelcast(Throwable failure) {
        StackTraceElement[] trace = failure.getStackTrace();
        return trace.length > 0
                && trace[0].getClassName().startsWith(HAZELCAST)
                && !trace[0].getClassName().startsWith(JSON);
    }
}
