package io.hazelgate.engine.live;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.logging.ILogger;
import io.hazelgate.engine.live.PipelineControl.Change;
import io.hazelgate.engine.live.PipelineControl.Status;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Takes back what an operator has begun to change and does not finish: of a command that was killed, nothing is heard any more. The oldest
 * member does it. The pipeline runs again with the projectors of before, where they are there; else it stays drained, and its events wait.
 */
final class AbandonedChange {
    private static final long GONE_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final PipelineControl control;
    private final String pipeline;
    private final HazelcastInstance hazelcast;
    private final BooleanSupplier allReady;
    private final ILogger log;
    private final LongSupplier nanoTime;
    private String heard;
    private long heardAtNanos;

    /** @param allReady whether each member uses the projector that is named for it, and that answers */
    AbandonedChange(
            PipelineControl control,
            String pipeline,
            HazelcastInstance hazelcast,
            BooleanSupplier allReady,
            ILogger log,
            LongSupplier nanoTime) {
        this.control = control;
        this.pipeline = pipeline;
        this.hazelcast = hazelcast;
        this.allReady = allReady;
        this.log = log;
        this.nanoTime = nanoTime;
    }

    void look() {
        if (!hazelcast.getCluster().getMembers().iterator().next().localMember()) {
            heard = null;
            return;
        }
        Change change = control.change();
        String now = change == null ? null : change.by() + '/' + change.beat();
        if (now == null || !now.equals(heard)) {
            heard = now;
            heardAtNanos = nanoTime.getAsLong();
            return;
        }
        long silent = nanoTime.getAsLong() - heardAtNanos;
        if (silent > GONE_NANOS) {
            takeBack(change, silent > 2 * GONE_NANOS);
        }
    }

    private void takeBack(Change change, boolean isLate) {
        String gone = "pipeline " + pipeline + ": nothing is heard any more of the operator's command (" + change.what()
                + "), ";
        switch (control.status()) {
            // It has come to its last step.
            case RUNNING -> control.end(change, Status.RUNNING);
            // The drain ends first.
            case DRAINING -> {}
            case DRAINED -> {
                if (control.nameThoseBefore(change)) {
                    log.warning(gone + "the projectors of before are named again");
                } else if (change.status() == Status.DRAINED) {
                    control.end(change, Status.DRAINED);
                } else if (allReady.getAsBoolean()) {
                    control.end(change, Status.RUNNING);
                    log.warning(gone + "it runs again with the projectors of before");
                } else if (isLate) {
                    control.end(change, Status.DRAINED);
                    log.warning(gone + "and the projectors of before are not there: it stays drained, its events wait; "
                            + "`hazelgate pipeline start` goes on with what is there");
                }
            }
        }
    }
}
