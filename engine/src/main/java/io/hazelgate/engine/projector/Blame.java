package io.hazelgate.engine.projector;

import com.hazelcast.logging.ILogger;
import io.hazelgate.engine.projector.Answerer.Life;
import io.hazelgate.engine.projector.Care.FailedCall;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** Which calls of the user's code the projector did not survive: those at which it failed twice in a row. */
public final class Blame {
    private final Answerer projector;
    private final LongAdder contained;
    private final ILogger log;
    private final List<FailedCall> failed = new ArrayList<>();
    private Crumb suspect;

    /** @param contained counts the calls that are found */
    public Blame(Answerer projector, LongAdder contained, ILogger log) {
        this.projector = projector;
        this.contained = contained;
        this.log = log;
    }

    /** How the next try is to be made: without the calls that were found. */
    public Care care() {
        return new Care(true, List.copyOf(failed));
    }

    /**
     * A try has failed.
     *
     * @param crumb the last call that was told; null where nothing was, or nothing can be blamed
     * @param asked the process that was asked
     * @param failure what it said; null where its process ended
     * @return whether a call was found: then the next try goes on without it
     */
    public boolean found(Crumb crumb, String asked, String failure) throws InterruptedException {
        boolean known = failed.stream().anyMatch(call -> call.crumb().equals(crumb));
        if (crumb == null || !crumb.equals(suspect) || known) {
            suspect = crumb;
            return false;
        }
        projector.awaitReady();
        failed.add(new FailedCall(crumb, failure == null ? howItEnded(asked) : failure));
        contained.increment();
        log.warning("contained: " + crumb + ' ' + failed.get(failed.size() - 1).message());
        suspect = null;
        return true;
    }

    /** The call is to blame when the same try fails: there is nothing else that it can be. */
    public void suspect(Crumb crumb) {
        suspect = crumb;
    }

    private String howItEnded(String asked) {
        Life now = projector.life();
        if (now.instance().equals(asked)) {
            return "was not answered in time";
        }
        return now.ended().isEmpty() ? "ended the projector's process" : now.ended();
    }
}
