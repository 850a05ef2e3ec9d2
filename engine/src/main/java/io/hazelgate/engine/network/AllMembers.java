package io.hazelgate.engine.network;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks every member of the cluster, this one too. */
public final class AllMembers {
    /** A member fails, goes away, or takes too long. */
    public static final class NoAnswer extends IllegalStateException {
        NoAnswer(Exception cause) {
            super("a member does not answer: try again in a moment", cause);
        }
    }

    private final HazelcastInstance hazelcast;

    public AllMembers(HazelcastInstance hazelcast) {
        this.hazelcast = hazelcast;
    }

    /**
     * What all members answer. Each is asked, whatever becomes of the others.
     *
     * @param classId of the task
     * @param request UTF-8 of JSON, or what the task takes
     * @param millis how long their answers may take, all in all
     * @throws NoAnswer from one of them
     */
    public List<JsonObject> ask(int classId, byte[] request, long millis) {
        List<Future<byte[]>> asked = new ArrayList<>();
        for (Member member : hazelcast.getCluster().getMembers()) {
            asked.add(hazelcast
                    .getExecutorService(Names.MEMBERS_EXECUTOR)
                    .submitToMember(new Task(classId, request, millis), member));
        }
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        List<JsonObject> answers = new ArrayList<>(asked.size());
        try {
            for (Future<byte[]> answer : asked) {
                answers.add(Json.object(answer.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS)));
            }
            return answers;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while members were asked", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new NoAnswer(e);
        }
    }
}
