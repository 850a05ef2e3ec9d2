package io.hazelgate.engine.tasks;

import io.hazelgate.engine.Engine;
import io.hazelgate.engine.EngineSerializers;
import io.hazelgate.engine.Names;
import java.nio.charset.StandardCharsets;

/** Answers what this member's pipeline has done and how it is. */
public final class PipelineStats extends EngineTask {
    public PipelineStats() {
        super(EngineSerializers.PIPELINE_STATS);
    }

    @Override
    byte[] answer(Engine engine, byte[] request) {
        StringBuilder json = new StringBuilder(2048);
        json.append("{\"member\":\"")
                .append(engine.hazelcast().getCluster().getLocalMember().getUuid());
        json.append("\",\"projector\":\"").append(engine.projector().isReady() ? "READY" : "AWAY");
        json.append("\",\"job\":\"").append(engine.jobStatus());
        json.append("\",\"pending\":").append(owned(engine, Names.PENDING_EVENTS));
        json.append(",\"deadLetters\":")
                .append(owned(engine, Names.DEAD_LETTER_EVENTS))
                .append(',');
        engine.statistics().appendJson(json);
        return json.append('}').toString().getBytes(StandardCharsets.UTF_8);
    }

    private static long owned(Engine engine, String map) {
        return engine.hazelcast().getMap(map).getLocalMapStats().getOwnedEntryCount();
    }
}
