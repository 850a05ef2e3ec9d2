package io.hazelgate.engine.live;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.jet.config.JobConfig;
import com.hazelcast.jet.config.ProcessingGuarantee;
import com.hazelcast.jet.core.ProcessorMetaSupplier;
import com.hazelcast.jet.pipeline.JournalInitialPosition;
import com.hazelcast.jet.pipeline.Pipeline;
import com.hazelcast.jet.pipeline.Sinks;
import com.hazelcast.jet.pipeline.Sources;
import io.hazelgate.engine.wire.Names;

/**
 * The way of an event: receive, process (plan, load, project, persist, update views), publish, complete, clean up.
 *
 * <p>The journal only wakes the pipeline up: what is in {@code pending-events} is what there is to do, and the reconciler finds
 * whatever the journal lost. So the job needs no snapshots and no guarantee of Jet's, and starts at the journal's end.
 */
public final class EventPipeline {
    private EventPipeline() {}

    /** @param name of the pipeline, which every member has under that name */
    public static Pipeline build(String name, EventTypes eventTypes) {
        Pipeline pipeline = Pipeline.create();
        pipeline.readFrom(Sources.<Received, String, HazelcastJsonValue>mapJournal(
                        Names.PENDING_EVENTS,
                        JournalInitialPosition.START_FROM_CURRENT,
                        Received::fromJournal,
                        event -> event.isAfterLostEvents()
                                || Received.isSubmission(event)
                                        && (eventTypes.isEverything()
                                                || eventTypes.receivesEnvelope(Received.envelopeOf(event)))))
                .withoutTimestamps()
                .setName("receive")
                .<Batch>customTransform("process", () -> new ProcessP(name))
                .setLocalParallelism(1)
                .<Batch>customTransform("publish", BatchStageP.stage(name, Publish::new))
                .setLocalParallelism(1)
                .<Batch>customTransform("complete", BatchStageP.stage(name, Complete::new))
                .setLocalParallelism(1)
                .writeTo(Sinks.fromProcessor(
                        "clean up", ProcessorMetaSupplier.of(1, BatchStageP.lastStage(name, CleanUp::new))));
        return pipeline;
    }

    /**
     * Without a guarantee of Jet's: a snapshot would make no step safer, for each can be done again, and costs time. The job starts anew
     * when a member joins or leaves, so each has its share.
     *
     * @param needsMajority it does not run on a side that was split off from most of the members
     */
    public static JobConfig config(String name, boolean needsMajority) {
        return new JobConfig()
                .setName(Names.JOB_PREFIX + name)
                .setProcessingGuarantee(ProcessingGuarantee.NONE)
                .setSplitBrainProtection(needsMajority);
    }
}
