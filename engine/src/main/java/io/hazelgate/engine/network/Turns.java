package io.hazelgate.engine.network;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.logging.ILogger;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Entries.Fence;
import io.hazelgate.engine.wire.Names;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Who is at what only one may do at a time in the whole cluster: an entry of the map {@code turns} for each.
 *
 * <p>Who hangs may lose a turn without knowing. So what is written for a turn names it, and is refused where it is written once the turn
 * is another's ({@link Turn#write}, {@link Turn#fence}).
 *
 * <p>Not a lock of a Hazelcast map. Of that, an answer that gets lost while members come and go leaves a lock that nobody knows to have and
 * nobody gives back. An entry says whose the turn is: it is free once its member has left the cluster, and what could not be
 * given back, or was perhaps taken, is given back a moment later.
 */
public final class Turns {
    private static final long LOOK_MILLIS = 20;

    private final HazelcastInstance hazelcast;
    private final IMap<String, String> turns;
    /** What is to be given back still: whose it is, and of what. */
    private final Map<String, String> left = new ConcurrentHashMap<>();

    private final ILogger log;

    public Turns(HazelcastInstance hazelcast) {
        this.hazelcast = hazelcast;
        turns = hazelcast.getMap(Names.TURNS);
        log = hazelcast.getLoggingService().getLogger(Turns.class);
    }

    /** It is one's turn until this is closed, or the member is gone. */
    public final class Turn implements AutoCloseable {
        private final String what;
        private final String whose;

        private Turn(String what, String whose) {
            this.what = what;
            this.whose = whose;
        }

        /**
         * Writes an entry, if the turn is still this one's: that is looked at where the entry is, in the same step. The key has to be in
         * the turn's partition: the turn's own name is, and so is a name {@link #beside} it.
         *
         * @param value null removes the entry
         * @throws TurnLost the turn is another's by now; nothing is written
         */
        public <V> void write(IMap<String, V> map, String key, V value) {
            if (partitionOf(key) != partitionOf(what)) {
                throw new IllegalArgumentException(key + " is not kept beside the turn at " + what);
            }
            if (!map.executeOnKey(key, new FencedWrite<>(what, whose, value))) {
                throw new TurnLost(what);
            }
        }

        /**
         * For what is written all over the cluster: a fence in each partition, which stands until the next who has the turn puts up its own.
         *
         * <p>Whoever hung before the fences were up, and puts them up when another is at work, stops that one, and itself here.
         *
         * @throws TurnLost the turn is another's by now
         */
        public Fence fence() {
            TurnFence fence = TurnFence.of(hazelcast, what);
            fence.putUp(new Entries(hazelcast));
            require();
            return fence;
        }

        /** @throws TurnLost the turn is another's by now */
        public void require() {
            if (!whose.equals(turns.get(what)) || !isTaken(whose)) {
                throw new TurnLost(what);
            }
        }

        @Override
        public void close() {
            left.put(whose, what);
            giveBack(whose, what);
        }
    }

    /** The turn at something; null where another has it. */
    public Turn take(String what) {
        return take(what, UUID.randomUUID().toString());
    }

    /** The same, and {@link #whoIsAt} tells by the id who has it. */
    public Turn take(String what, String id) {
        String whose = hazelcast.getCluster().getLocalMember().getUuid().toString() + '/' + id;
        try {
            while (true) {
                String there = turns.putIfAbsent(what, whose);
                if (there == null || there.equals(whose)) {
                    return new Turn(what, whose);
                }
                if (isTaken(there)) {
                    return null;
                }
                if (turns.replace(what, there, whose)) {
                    return new Turn(what, whose);
                }
            }
        } catch (RuntimeException e) {
            left.put(whose, what);
            throw e;
        }
    }

    /** The same, waiting for it for some time. */
    public Turn take(String what, long millis) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        String id = UUID.randomUUID().toString();
        Turn turn = take(what, id);
        while (turn == null && System.nanoTime() < until) {
            Thread.sleep(LOOK_MILLIS);
            turn = take(what, id);
        }
        return turn;
    }

    /** The id of who has the turn at something; null where nobody has. */
    public String whoIsAt(String what) {
        String there = turns.get(what);
        return there == null || !isTaken(there) ? null : there.substring(there.indexOf('/') + 1);
    }

    /** The first of some names that is in the partition of a key: a turn of that name can write that entry, and the other way round. */
    public String beside(String key, IntFunction<String> names) {
        return IntStream.iterate(0, number -> number + 1)
                .mapToObj(names)
                .filter(name -> partitionOf(name) == partitionOf(key))
                .findFirst()
                .orElseThrow();
    }

    private int partitionOf(String key) {
        return hazelcast.getPartitionService().getPartition(key).getPartitionId();
    }

    /** Takes a turn away from whoever took it with this id. Once this returns nothing more is written for it. */
    public void revoke(String what, String id) {
        String there = turns.get(what);
        if (there != null && there.endsWith('/' + id)) {
            turns.remove(what, there);
        }
    }

    private boolean isTaken(String whose) {
        return !left.containsKey(whose) && isMember(whose.substring(0, whose.indexOf('/')));
    }

    /** Whether the member with this id is in the cluster: who has left it has no turn. */
    public boolean isMember(String id) {
        return hazelcast.getCluster().getMembers().stream()
                .anyMatch(member -> member.getUuid().toString().equals(id));
    }

    /** Gives back what could not be given back yet. */
    public void look() {
        left.forEach(this::giveBack);
    }

    private void giveBack(String whose, String what) {
        try {
            turns.remove(what, whose);
            left.remove(whose);
        } catch (HazelcastInstanceNotActiveException e) {
            log.fine("the member is going, and its turns with it", e);
        } catch (RuntimeException e) {
            log.fine("the turn at " + what + " is given back a moment later", e);
        }
    }
}
