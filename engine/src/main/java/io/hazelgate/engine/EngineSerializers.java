package io.hazelgate.engine;

import com.hazelcast.nio.serialization.DataSerializableFactory;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.hazelgate.engine.index.CountOperation;
import io.hazelgate.engine.live.Received;
import io.hazelgate.engine.network.FencedWrite;
import io.hazelgate.engine.network.Task;
import io.hazelgate.engine.wire.ChangeBackupOperation;
import io.hazelgate.engine.wire.ChangeOperation;
import io.hazelgate.engine.wire.ClaimOperation;
import io.hazelgate.engine.wire.FencedClearOperation;
import io.hazelgate.engine.wire.Ids;
import io.hazelgate.engine.wire.ReadOperation;
import io.hazelgate.engine.wire.Values;

/** Makes whatever {@link Ids} names. */
final class EngineSerializers implements DataSerializableFactory {
    @Override
    public IdentifiedDataSerializable create(int typeId) {
        return switch (typeId) {
            case Ids.RECEIVED -> new Received();
            case Ids.READ_OPERATION -> new ReadOperation();
            case Ids.CHANGE_OPERATION -> new ChangeOperation();
            case Ids.CHANGE_BACKUP_OPERATION -> new ChangeBackupOperation();
            case Ids.CLAIM_OPERATION -> new ClaimOperation();
            case Ids.VALUES -> new Values();
            case Ids.COUNT_OPERATION -> new CountOperation();
            case Ids.FENCED_CLEAR_OPERATION -> new FencedClearOperation();
            case Ids.FENCED_WRITE -> new FencedWrite<>();
            default -> new Task(typeId);
        };
    }
}
