package io.hazelgate.engine.network;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.hazelgate.engine.wire.Here;
import io.hazelgate.engine.wire.Ids;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;

/** What a gateway, or another member, asks of a member: bytes in, bytes out, as docs/reference/protocol.md has them. */
public final class Task implements Callable<byte[]>, HazelcastInstanceAware, IdentifiedDataSerializable {
    private final int classId;
    private byte[] request = {};
    private transient HazelcastInstance hazelcast;

    public interface Answerer {
        byte[] answer(byte[] request) throws Exception;
    }

    /** Who answers on a member, by class id; to be found {@link Here}. */
    public record Answerers(Map<Integer, Answerer> byClassId) {}

    public Task(int classId) {
        this.classId = classId;
    }

    public Task(int classId, byte[] request) {
        this(classId);
        this.request = request;
    }

    @Override
    public byte[] call() throws Exception {
        Answerers answerers = Here.find(hazelcast, Answerers.class);
        if (answerers == null) {
            throw new IllegalStateException("the member is starting: try again in a moment");
        }
        Answerer answerer = answerers.byClassId.get(classId);
        if (answerer == null) {
            throw new IllegalArgumentException("no task of the engine has the id " + classId);
        }
        try {
            return answerer.answer(request);
        } catch (CompletionException e) {
            // Who asked knows the errors of Hazelcast itself: a member that went away is no fault of the task.
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    @Override
    public void setHazelcastInstance(HazelcastInstance instance) {
        hazelcast = instance;
    }

    @Override
    public int getFactoryId() {
        return Ids.FACTORY;
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
