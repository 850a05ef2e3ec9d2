package com.hazelcast.jet.impl;

import com.hazelcast.cluster.Address;
import com.hazelcast.cluster.ClusterState;
import com.hazelcast.cluster.impl.MemberImpl;
import com.hazelcast.instance.impl.Node;
import com.hazelcast.internal.partition.InternalPartition;
import com.hazelcast.internal.services.MembershipServiceEvent;
import com.hazelcast.spi.impl.NodeEngineImpl;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Starts a job again as soon as each partition has an owner, when a member has gone.
 *
 * <p>Hazelcast waits until all backups are made again, too, for the sake of a job's snapshots. The members copy what they hold for that: a
 * minute for a few gigabytes. Our job has no snapshots, its lanes are fenced where they are written, and what is stored meanwhile goes to
 * whatever backups there are. Where a member has joined, Hazelcast's way is taken: a job that starts before that one has its share leaves
 * it without.
 *
 * <p>Hazelcast has no public way to it. This is in its package because the coordination can be made from there alone: should an upgrade
 * change that, this does not compile any more.
 */
public final class EarlyJobs extends JetServiceBackend {
    /** In place of Hazelcast's 2 s. */
    private static final long LOOK_AGAIN_MILLIS = 200;

    /** Who has joined, and does not have its share of the partitions yet. */
    private final Set<UUID> newcomers = ConcurrentHashMap.newKeySet();

    public EarlyJobs(Node node) {
        super(node);
    }

    @Override
    public void memberAdded(MembershipServiceEvent event) {
        newcomers.add(event.getMember().getUuid());
        super.memberAdded(event);
    }

    @Override
    public void memberRemoved(MembershipServiceEvent event) {
        newcomers.remove(event.getMember().getUuid());
        super.memberRemoved(event);
    }

    @Override
    JobCoordinationService createJobCoordinationService() {
        return new Coordination();
    }

    /** Whether all who own partitions are here, each partition has an owner, and nobody still waits for a share. */
    private boolean isShared() {
        Map<Address, Integer> owned = new HashMap<>();
        InternalPartition[] partitions = getNodeEngine().getPartitionService().getInternalPartitions();
        for (InternalPartition partition : partitions) {
            Address owner = partition.getOwnerOrNull();
            if (owner == null) {
                return false;
            }
            owned.merge(owner, 1, Integer::sum);
        }
        Collection<MemberImpl> members = getNodeEngine().getClusterService().getMemberImpls();
        Set<Address> here = new HashSet<>();
        members.stream().filter(member -> !member.isLiteMember()).forEach(member -> here.add(member.getAddress()));
        int share = partitions.length / here.size();
        members.stream()
                .filter(member -> owned.getOrDefault(member.getAddress(), 0) >= share)
                .forEach(member -> newcomers.remove(member.getUuid()));
        return newcomers.isEmpty() && here.equals(owned.keySet());
    }

    private final class Coordination extends JobCoordinationService {
        private final NodeEngineImpl nodeEngine = EarlyJobs.this.getNodeEngine();

        Coordination() {
            super(EarlyJobs.this.getNodeEngine(), EarlyJobs.this, getJetConfig(), getJobRepository());
        }

        @Override
        boolean shouldStartJobs() {
            boolean shared = isShared(); // on each member, now and then: whoever becomes the master has to know
            return super.shouldStartJobs() || shared && nothingElseIsInTheWay();
        }

        /** What Hazelcast looks at beside the backups. */
        private boolean nothingElseIsInTheWay() {
            return nodeEngine.getClusterService().isMaster()
                    && nodeEngine.isRunning()
                    && nodeEngine.getClusterService().getClusterState() == ClusterState.ACTIVE
                    && !nodeEngine.getPartitionService().isFetchMostRecentPartitionTableTaskRequired()
                    && nodeEngine.getClusterService().getMembers().stream()
                            .noneMatch(member -> isMemberShuttingDown(member.getUuid()));
        }

        @Override
        void scheduleRestart(long jobId) {
            nodeEngine
                    .getExecutionService()
                    .schedule(() -> restartJob(jobId), LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
        }
    }
}
