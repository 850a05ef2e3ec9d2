package io.hazelgate.engine.rebuild;

import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.function.SupplierEx;
import com.hazelcast.jet.core.AbstractProcessor;
import com.hazelcast.jet.core.DAG;
import com.hazelcast.jet.core.Processor;
import com.hazelcast.jet.core.ProcessorMetaSupplier;
import com.hazelcast.logging.ILogger;
import io.hazelgate.engine.projector.ProjectorAway;
import io.hazelgate.engine.wire.Here;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The batch job of a rebuild: one processor a member, which folds that member's lanes until little is left. One of them then has
 * the views switched.
 *
 * <p>Jet starts the job again when members come or go; it goes on from what is on record in {@code rebuild-progress}.
 */
final class RebuildP extends AbstractProcessor {
    /** While events come in, batches are small, and as much time is left to the pipeline as they take. */
    private static final int POLITE_EVENTS = 200;

    private static final int MAX_FAILURES = 20;
    /** With a limit of its speed, a batch is what may be done in this part of a second. */
    private static final int BATCHES_PER_SECOND = 10;

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final String id;
    private Rebuilding rebuilding;
    private ILogger log;
    private boolean leads;
    private Rebuild rebuild;
    private Rebuild based;
    private LogFolder folder;
    private long lookedAtNanos;
    private long liveEvents;
    private long quietSinceNanos;
    private int failures;

    private RebuildP(String id) {
        this.id = id;
    }

    static DAG dag(String id) {
        DAG dag = new DAG();
        SupplierEx<Processor> supplier = () -> new RebuildP(id);
        dag.newVertex("fold the log", ProcessorMetaSupplier.of(1, supplier));
        return dag;
    }

    @Override
    public boolean isCooperative() {
        return false;
    }

    @Override
    protected void init(Processor.Context context) {
        rebuilding = Here.find(context.hazelcastInstance(), Rebuilding.class);
        log = context.logger();
        leads = context.globalProcessorIndex() == 0;
        // Until the first event comes: what came before this began is not in anybody's way.
        quietSinceNanos = System.nanoTime() - QUIET_NANOS;
        liveEvents = rebuilding.liveEvents();
    }

    @Override
    public boolean complete() {
        try {
            if (System.nanoTime() - lookedAtNanos > LOOK_NANOS || rebuild == null) {
                rebuild = rebuilding.records().find(id);
                lookedAtNanos = System.nanoTime();
            }
            if (rebuild == null || !rebuild.isRunning()) {
                return true;
            }
            if (based == null) {
                based = rebuilding.bases().onItsBase(rebuild, leads);
            }
            if (based == null) {
                LockSupport.parkNanos(PAUSE_NANOS);
                return false;
            }
            if (folder == null) {
                folder = rebuilding.begin(based);
            }
            boolean ended = advance();
            failures = 0;
            return ended;
        } catch (HazelcastInstanceNotActiveException e) {
            throw e;
        } catch (ProjectorAway e) {
            LockSupport.parkNanos(PAUSE_NANOS * 10);
        } catch (RuntimeException e) {
            failures++;
            log.warning("rebuild " + id + " failed, try " + failures + " of " + MAX_FAILURES, e);
            if (failures >= MAX_FAILURES) {
                rebuilding.records().end(rebuild, Rebuild.Status.FAILED, String.valueOf(e.getMessage()), 0);
                return true;
            }
            LockSupport.parkNanos(PAUSE_NANOS << Math.min(6, failures));
        }
        return false;
    }

    private boolean advance() {
        long begun = System.nanoTime();
        boolean polite = isBusy(begun);
        int limit = rebuild.eventsPerSecond() / rebuilding.members();
        int most = polite ? POLITE_EVENTS : LogFolder.MAX_EVENTS;
        if (rebuild.eventsPerSecond() > 0) {
            most = Math.max(1, Math.min(most, limit / BATCHES_PER_SECOND));
        }
        int read = folder.step(rebuilding.settled(), most);
        if (folder.hasMoved()) {
            folder.end();
            close();
            LockSupport.parkNanos(PAUSE_NANOS);
            return false;
        }
        if (folder.isAtEnd()) {
            folder.save(true);
            if (leads && rebuilding.finish(rebuild)) {
                return true;
            }
            LockSupport.parkNanos(PAUSE_NANOS);
            return false;
        }
        folder.save(false);
        long took = System.nanoTime() - begun;
        long pause = polite ? took : 0;
        if (rebuild.eventsPerSecond() > 0) {
            pause = Math.max(pause, read * TimeUnit.SECONDS.toNanos(1) / Math.max(1, limit) - took);
        }
        if (pause > 0) {
            LockSupport.parkNanos(pause);
        }
        return false;
    }

    /** Whether events came through the pipeline in the last second. */
    private boolean isBusy(long now) {
        long events = rebuilding.liveEvents();
        if (events != liveEvents) {
            liveEvents = events;
            quietSinceNanos = now;
            return true;
        }
        return now - quietSinceNanos < QUIET_NANOS;
    }

    @Override
    public void close() {
        if (folder != null) {
            rebuilding.end(id, folder);
            folder = null;
        }
    }
}
