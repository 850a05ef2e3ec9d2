package io.hazelgate.engine.network;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.hazelgate.engine.wire.Here;
import io.hazelgate.engine.wire.Ids;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;

/**
 * What a gateway, or another member, asks of a member: bytes in, bytes out, as docs/reference/protocol.md has them.
 *
 * <p>Behind the request is how long the asker waits, in milliseconds. The time runs from the arrival on: clocks may differ.
 */
public final class Task implements Callable<byte[]>, HazelcastInstanceAware, IdentifiedDataSerializable {
    /** For askers of earlier releases, which do not say how long they wait. */
    static final int USUAL_MILLIS = 60_000;

    private final int classId;
    private byte[] request = {};
    private int millis = USUAL_MILLIS;
    private transient Deadline deadline;
    private transient HazelcastInstance hazelcast;

    public interface Answerer {
        byte[] answer(byte[] request, Deadline deadline) throws Exception;
    }

    /** Who answers on a member, by class id; to be found {@link Here}. */
    public record Answerers(Map<Integer, Answerer> byClassId, GivenUp givenUp) {}

    public Task(int classId) {
        this.classId = classId;
    }

    public Task(int classId, byte[] request, long millis) {
        this(classId);
        this.request = request;
        this.millis = (int) Math.min(millis, Integer.MAX_VALUE);
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
        Deadline until = deadline == null ? Deadline.after(millis) : deadline;
        try {
            until.require("it waited for a thread");
            return answerer.answer(request, until);
        } catch (Deadline.Passed e) {
            answerers.givenUp.count(classId, e);
            throw new IllegalStateException(e.getMessage(), e); // one that clients know
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
        out.writeInt(millis);
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        request = in.readByteArray();
        if (in instanceof InputStream bytes && bytes.available() >= Integer.BYTES) {
            millis = in.readInt();
        }
        deadline = Deadline.after(millis);
    }
}
