package io.hazelgate.engine;

import com.hazelcast.nio.serialization.DataSerializableFactory;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.hazelgate.engine.entries.ChangeBackupOperation;
import io.hazelgate.engine.entries.ChangeOperation;
import io.hazelgate.engine.entries.ReadOperation;
import io.hazelgate.engine.entries.Values;
import io.hazelgate.engine.index.CountOperation;
import io.hazelgate.engine.pipeline.Received;
import io.hazelgate.engine.tasks.ControlPipeline;
import io.hazelgate.engine.tasks.ImportEvents;
import io.hazelgate.engine.tasks.PipelineStats;
import io.hazelgate.engine.tasks.QueryEntries;
import io.hazelgate.engine.tasks.ReadEntries;
import io.hazelgate.engine.tasks.RebuildStep;
import io.hazelgate.engine.tasks.RebuildTask;
import io.hazelgate.engine.tasks.ResolveDeadLetters;
import io.hazelgate.engine.tasks.SubmitEvents;

/** All that travels between members, or comes from a client. Ids below 100 are part of docs/reference/protocol.md. */
public final class EngineSerializers implements DataSerializableFactory {
    public static final int FACTORY_ID = 7101;

    public static final int SUBMIT_EVENTS = 1;
    public static final int READ_ENTRIES = 2;
    public static final int QUERY_ENTRIES = 3;
    public static final int PIPELINE_STATS = 4;
    public static final int CONTROL_PIPELINE = 6;
    public static final int REBUILD = 7;
    public static final int RESOLVE_DEAD_LETTERS = 5;
    public static final int IMPORT_EVENTS = 8;
    public static final int RECEIVED = 100;
    public static final int READ_OPERATION = 101;
    public static final int CHANGE_OPERATION = 102;
    public static final int CHANGE_BACKUP_OPERATION = 103;
    public static final int VALUES = 104;
    public static final int FORWARDED_EVENTS = 105;
    public static final int COUNT_OPERATION = 106;
    public static final int REBUILD_STEP = 120;

    @Override
    public IdentifiedDataSerializable create(int typeId) {
        return switch (typeId) {
            case SUBMIT_EVENTS -> new SubmitEvents();
            case READ_ENTRIES -> new ReadEntries();
            case QUERY_ENTRIES -> new QueryEntries();
            case PIPELINE_STATS -> new PipelineStats();
            case CONTROL_PIPELINE -> new ControlPipeline();
            case REBUILD -> new RebuildTask();
            case RESOLVE_DEAD_LETTERS -> new ResolveDeadLetters();
            case IMPORT_EVENTS -> new ImportEvents();
            case RECEIVED -> new Received();
            case READ_OPERATION -> new ReadOperation();
            case CHANGE_OPERATION -> new ChangeOperation();
            case CHANGE_BACKUP_OPERATION -> new ChangeBackupOperation();
            case VALUES -> new Values();
            case COUNT_OPERATION -> new CountOperation();
            case FORWARDED_EVENTS -> new SubmitEvents(true);
            case REBUILD_STEP -> new RebuildStep();
            default -> throw new IllegalArgumentException("no class of the engine has the id " + typeId);
        };
    }
}
