package io.hazelgate.engine.tasks;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.hazelgate.engine.Engine;
import io.hazelgate.engine.EngineSerializers;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;

/** A task that a gateway sends: bytes in, bytes out, as docs/reference/protocol.md has them. */
abstract class EngineTask implements Callable<byte[]>, HazelcastInstanceAware, IdentifiedDataSerializable {
    private final int classId;
    private byte[] request = {};
    private transient HazelcastInstance hazelcast;

    EngineTask(int classId) {
        this.classId = classId;
    }

    abstract byte[] answer(Engine engine, byte[] request) throws Exception;

    @Override
    public byte[] call() throws Exception {
        Engine engine = Engine.of(hazelcast);
        if (engine == null) {
            throw new IllegalStateException("the member is starting: try again in a moment");
        }
        try {
            return answer(engine, request);
        } catch (CompletionException e) {
            // Who asked knows the errors of Hazelcast itself: a member that went away is no fault of the task.
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    EngineTask with(HazelcastInstance instance, byte[] bytes) {
        hazelcast = instance;
        request = bytes;
        return this;
    }

    @Override
    public void setHazelcastInstance(HazelcastInstance instance) {
        hazelcast = instance;
    }

    @Override
    public int getFactoryId() {
        return EngineSerializers.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return classId;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeByteArray(request);
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        request = in.readByteArray();
    }
}
