package io.hazelgate.engine.tasks;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.IExecutorService;
import com.hazelcast.partition.Partition;
import io.hazelgate.engine.lanes.HeapRoom;
import io.hazelgate.engine.lanes.Lanes;
import io.hazelgate.engine.live.Pipelines;
import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.network.Deadline;
import io.hazelgate.engine.network.Task;
import io.hazelgate.engine.network.Task.Answerer;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Ids;
import io.hazelgate.engine.wire.Names;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;

/**
 * Puts events into {@code pending-events}, in their order, as far as there is room; answers a byte per event.
 *
 * <p>What is pending stays as it was first sent: another payload under its id is refused in the same step that puts events in.
 *
 * @param forwarded for what another member sends on: this one does it, even if the lane has just left it
 */
public record SubmitEvents(Store store, Lanes lanes, Pipelines pipelines, HeapRoom heapRoom, boolean forwarded)
        implements Answerer {
    private static final byte ACCEPTED = 0;
    private static final byte REFUSED = 1;
    private static final byte CONFLICT = 2;

    @Override
    public byte[] answer(byte[] request, Deadline deadline) throws Exception {
        ByteBuffer buffer = ByteBuffer.wrap(request);
        byte[] answers = new byte[buffer.getInt()];
        Member here = store.hazelcast().getCluster().getLocalMember();
        List<Change> accepted = new ArrayList<>(answers.length);
        int[] indexes = new int[answers.length];
        Map<Member, Forwarded> elsewhere = new LinkedHashMap<>();
        for (int i = 0; i < answers.length; i++) {
            byte[] keyBytes = next(buffer);
            String key = new String(keyBytes, StandardCharsets.UTF_8);
            byte[] envelope = next(buffer);
            Partition partition = lanes.partitionOf(key);
            Member owner = partition.getOwner();
            if (owner != null && !owner.equals(here) && !forwarded) {
                elsewhere.computeIfAbsent(owner, member -> new Forwarded()).add(i, keyBytes, envelope);
                continue;
            }
            boolean admitted = !heapRoom.isFull()
                    && pipelines.receiverOf(envelope).backpressure().admit(key, partition.getPartitionId());
            answers[i] = admitted ? ACCEPTED : REFUSED;
            if (admitted) {
                indexes[accepted.size()] = i;
                accepted.add(Change.setUnlessOtherPayload(key, envelope));
            }
        }
        IExecutorService executor = store.hazelcast().getExecutorService(Names.MEMBERS_EXECUTOR);
        elsewhere.forEach((owner, events) -> events.sendTo(executor, owner, deadline));
        Map<String, byte[]> present = deadline.await(
                store.entries().change(Names.PENDING_EVENTS, accepted), "the partitions of " + Names.PENDING_EVENTS);
        if (!present.isEmpty()) {
            answerConflicts(accepted, present, indexes, answers);
        }
        for (Map.Entry<Member, Forwarded> events : elsewhere.entrySet()) {
            events.getValue()
                    .collect(
                            answers,
                            deadline,
                            "the member at " + events.getKey().getAddress());
        }
        return answers;
    }

    /** Several events of this call may have the same key: in conflict are those that are not what is there. */
    private static void answerConflicts(
            List<Change> changes, Map<String, byte[]> present, int[] indexes, byte[] answers) {
        for (int i = 0; i < changes.size(); i++) {
            byte[] there = present.get(changes.get(i).key());
            if (there != null && !Entries.haveSamePayload(there, changes.get(i).json())) {
                answers[indexes[i]] = CONFLICT;
            }
        }
    }

    /** The events of another member's lanes: that member knows how much of them is in flight. */
    private static final class Forwarded {
        private final List<Integer> indexes = new ArrayList<>();
        private final ByteArrayOutputStream events = new ByteArrayOutputStream();
        private Future<byte[]> answer;

        void add(int index, byte[] key, byte[] envelope) {
            indexes.add(index);
            events.writeBytes(
                    ByteBuffer.allocate(Integer.BYTES).putInt(key.length).array());
            events.writeBytes(key);
            events.writeBytes(
                    ByteBuffer.allocate(Integer.BYTES).putInt(envelope.length).array());
            events.writeBytes(envelope);
        }

        void sendTo(IExecutorService executor, Member owner, Deadline deadline) {
            byte[] request = ByteBuffer.allocate(Integer.BYTES + events.size())
                    .putInt(indexes.size())
                    .put(events.toByteArray())
                    .array();
            answer = executor.submitToMember(new Task(Ids.FORWARDED_EVENTS, request, deadline.millisLeft()), owner);
        }

        void collect(byte[] answers, Deadline deadline, String whom) throws Exception {
            byte[] theirs = deadline.await(answer, whom);
            for (int i = 0; i < theirs.length; i++) {
                answers[indexes.get(i)] = theirs[i];
            }
        }
    }

    private static byte[] next(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.getInt()];
        buffer.get(bytes);
        return bytes;
    }
}
