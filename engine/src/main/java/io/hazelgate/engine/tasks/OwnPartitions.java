package io.hazelgate.engine.tasks;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.partition.IPartitionService;
import com.hazelcast.jet.impl.util.Util;
import io.hazelgate.engine.network.Deadline;
import java.math.BigInteger;

/**
 * Which partitions a member answers for. Members answer at different moments, and a partition that moves in between may be in the answers
 * of two of them, or of none: so each names its own, and whoever asked counts.
 */
public final class OwnPartitions {
    private record Known(long stamp, String own) {}

    private final IPartitionService partitions;
    private volatile Known known = new Known(0, "");

    /** Finds something in the partitions that are this member's; these, as in {@link #now}, belong to the answer. */
    public interface Look<T> {
        T in(String own) throws InterruptedException;
    }

    public OwnPartitions(HazelcastInstance hazelcast) {
        partitions = Util.getNodeEngine(hazelcast).getPartitionService();
    }

    /**
     * What was found while no partition came or went: it is looked for again where one did.
     *
     * @throws Deadline.Passed they move all the while
     */
    public <T> T still(Deadline deadline, Look<T> look) throws InterruptedException {
        while (true) {
            String before = now();
            T found = look.in(before);
            if (before.equals(now())) {
                return found;
            }
            deadline.require("its partitions moved to or from other members");
        }
    }

    /** Hexadecimal: a bit for each partition, the first one the lowest, set where it is this member's; and a one before them. */
    public String now() {
        Known last = known;
        long stamp = partitions.getPartitionStateStamp();
        if (last.stamp == stamp && !last.own.isEmpty()) {
            return last.own;
        }
        BigInteger own = BigInteger.ZERO.setBit(partitions.getPartitionCount());
        for (int id = 0; id < partitions.getPartitionCount(); id++) {
            if (partitions.getPartition(id, false).isLocal()) {
                own = own.setBit(id);
            }
        }
        String text = own.toString(16);
        known = new Known(stamp, text);
        return text;
    }

    /** The same for what is kept outside of the partitions: one member answers for all of them, the others for none. */
    public String outside(boolean all) {
        BigInteger none = BigInteger.ZERO.setBit(partitions.getPartitionCount());
        return (all ? none.shiftLeft(1).subtract(BigInteger.ONE) : none).toString(16);
    }
}
