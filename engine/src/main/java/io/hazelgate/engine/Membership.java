package io.hazelgate.engine;

import com.hazelcast.config.Config;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MergePolicyConfig;
import com.hazelcast.config.SplitBrainProtectionConfig;
import com.hazelcast.config.SplitBrainProtectionListenerConfig;
import com.hazelcast.logging.ILogger;
import com.hazelcast.logging.Logger;
import com.hazelcast.spi.merge.DiscardMergePolicy;
import com.hazelcast.spi.properties.ClusterProperty;
import com.hazelcast.spi.properties.HazelcastProperties;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionOn;
import io.hazelgate.engine.wire.Names;
import java.util.Collection;

/**
 * What several members agree on beside the YAML: how many of them have to see one another, and how much the journal holds.
 *
 * <p>Below the quorum everything is refused, reads too: a side that was split off must neither take an event that is dropped when
 * the split heals nor show a view that goes on elsewhere.
 */
final class Membership {
    static final String QUORUM = "quorum";
    /** Two members that are lost at once take nothing along. */
    private static final int BACKUPS = 2;

    private Membership() {}

    static void configure(Config config, Settings settings) {
        boundJournal(config, settings.journalCapacity());
        discardOnMerge(config);
        if (settings.quorum() > 1) {
            protect(config, settings.quorum());
        }
    }

    /** Hazelcast is told the whole map's capacity, and divides it by the partitions. */
    private static void boundJournal(Config config, int perPartition) {
        int partitions = new HazelcastProperties(config).getInteger(ClusterProperty.PARTITION_COUNT);
        config.getMapConfig(Names.PENDING_EVENTS).getEventJournalConfig().setCapacity(perPartition * partitions);
    }

    /** Two histories can't be made into one: where a split heals, what the smaller side has is dropped. */
    private static void discardOnMerge(Config config) {
        for (MapConfig map : allMaps(config)) {
            map.setMergePolicyConfig(new MergePolicyConfig().setPolicy(DiscardMergePolicy.class.getSimpleName()));
        }
    }

    private static Collection<MapConfig> allMaps(Config config) {
        // Where no pattern of the YAML matches, a map has the settings of "default": a rebuild's letters, for one.
        config.getMapConfigs().computeIfAbsent("default", name -> new MapConfig(name).setBackupCount(BACKUPS));
        return config.getMapConfigs().values();
    }

    private static void protect(Config config, int quorum) {
        SplitBrainProtectionListenerConfig listener = new SplitBrainProtectionListenerConfig();
        listener.setImplementation(event -> tell(event.isPresent(), quorum));
        config.addSplitBrainProtectionConfig(new SplitBrainProtectionConfig(QUORUM, true, quorum)
                .setProtectOn(SplitBrainProtectionOn.READ_WRITE)
                .addListenerConfig(listener));
        for (MapConfig map : allMaps(config)) {
            map.setSplitBrainProtectionName(QUORUM);
        }
        for (String executor : Names.EXECUTORS) {
            config.getExecutorConfig(executor).setSplitBrainProtectionName(QUORUM);
        }
    }

    private static void tell(boolean present, int quorum) {
        ILogger log = Logger.getLogger(Membership.class);
        if (present) {
            log.info("the quorum of " + quorum + " members is there");
        } else {
            log.warning("fewer than the quorum of " + quorum
                    + " members see one another: nothing is read or written here until they do");
        }
    }
}
