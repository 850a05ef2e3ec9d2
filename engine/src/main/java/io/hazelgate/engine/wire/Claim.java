package io.hazelgate.engine.wire;

import com.hazelcast.internal.json.JsonObject;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What holds an entry for events that are about to be stored: until each of them has changed the entry, nobody else may.
 *
 * @param run the run of a pipeline that made it
 * @param pipeline the name of that pipeline
 * @param take tells two claims of one run from each other, which may be of the same events
 * @param version the entry's version, as the events' guards read it
 * @param holders the keys of the events in {@code pending-events}
 * @param stored those of them that are known to be stored: others may change the entry, but no guard may rest on it
 */
public record Claim(String run, String pipeline, long take, long version, Set<String> holders, Set<String> stored) {
    private static final String RUN = "run";
    private static final String PIPELINE = "pipeline";
    private static final String TAKE = "take";
    private static final String VERSION = "version";
    private static final String HOLDERS = "holders";
    private static final String STORED = "stored";

    /** Reads one. */
    public static Claim of(byte[] json) {
        JsonObject object = Json.object(json);
        return new Claim(
                object.getString(RUN, ""),
                object.getString(PIPELINE, ""),
                object.getLong(TAKE, 0),
                object.getLong(VERSION, 0),
                new LinkedHashSet<>(Json.texts(object.get(HOLDERS))),
                new LinkedHashSet<>(Json.texts(object.get(STORED))));
    }

    public byte[] toJson() {
        JsonObject object = new JsonObject()
                .add(RUN, run)
                .add(PIPELINE, pipeline)
                .add(TAKE, take)
                .add(VERSION, version)
                .add(HOLDERS, Json.array(holders));
        if (!stored.isEmpty()) {
            object.add(STORED, Json.array(stored));
        }
        return Json.bytes(object);
    }

    /** The same without some holders; null where none is left. */
    public Claim without(Collection<String> gone) {
        Set<String> left = new LinkedHashSet<>(holders);
        left.removeAll(gone);
        Set<String> leftStored = new LinkedHashSet<>(stored);
        leftStored.retainAll(left);
        return left.isEmpty() ? null : new Claim(run, pipeline, take, version, left, leftStored);
    }

    /** The same where more holders are known to be stored. */
    public Claim withStored(Collection<String> more) {
        Set<String> all = new LinkedHashSet<>(stored);
        all.addAll(more);
        return new Claim(run, pipeline, take, version, holders, all);
    }

    /** Whether these events may change the entry: all others that hold it are stored, and fold into it as they find it. */
    boolean lets(Collection<String> eventIds) {
        return holders.stream()
                .allMatch(holder -> stored.contains(holder) || eventIds.contains(Names.eventIdOf(holder)));
    }

    /** The keys of these events among the holders. */
    List<String> holdersOf(Collection<String> eventIds) {
        return holders.stream()
                .filter(holder -> eventIds.contains(Names.eventIdOf(holder)))
                .toList();
    }
}
