package io.hazelgate.engine.snapshot;

import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.ParseException;
import io.hazelgate.engine.wire.Property;
import java.util.ArrayList;
import java.util.List;

/**
 * Where snapshots are kept, and when they are taken. The location and the command come by the environment: a location may hold a
 * secret, and a command line can be read by everybody on the machine.
 *
 * @param command what reads and writes the location, as {@code python -m hazelgate.operations.snapshot_store}
 * @param everySeconds how often one is taken; 0: by hand only
 * @param keep how many are kept
 * @param maxAgeSeconds how old those may get; 0: as old as they like
 * @param otherCode whether a start takes one that other code has made
 */
public record SnapshotSettings(
        String location, List<String> command, long everySeconds, int keep, long maxAgeSeconds, boolean otherCode) {
    private static final String LOCATION = "HAZELGATE_SNAPSHOTS";
    private static final String COMMAND = "HAZELGATE_SNAPSHOT_COMMAND";

    /**
     * Null where none are kept.
     *
     * @throws IllegalArgumentException the settings are not usable
     */
    public static SnapshotSettings fromEnvironment() {
        String location = System.getenv(LOCATION);
        if (location == null || location.isBlank()) {
            return null;
        }
        List<String> command = new ArrayList<>();
        try {
            Json.parse(String.valueOf(System.getenv(COMMAND))).asArray().forEach(word -> command.add(word.asString()));
        } catch (ParseException | UnsupportedOperationException e) {
            throw new IllegalArgumentException(
                    COMMAND + " must be a JSON array of words; `hazelgate member --snapshots` sets it", e);
        }
        return new SnapshotSettings(
                location,
                command,
                Property.whole("hazelgate.snapshot-every-seconds", 0, 0, Integer.MAX_VALUE),
                Math.max(1, Property.whole("hazelgate.snapshots-keep", 5, 0, Integer.MAX_VALUE)),
                Property.whole("hazelgate.snapshots-max-age-seconds", 0, 0, Integer.MAX_VALUE),
                Boolean.getBoolean("hazelgate.snapshots-of-other-code"));
    }
}
