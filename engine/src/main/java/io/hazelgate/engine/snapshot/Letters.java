package io.hazelgate.engine.snapshot;

import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.ParseException;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Entries;
import io.hazelgate.engine.wire.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Which of a snapshot's dead letters belong to its entries.
 *
 * <p>A letter is wanted where the loaded entry is blocked by it, or could not even be read. Any other was resolved before its entry was
 * read, or was opened after that, and then folding what comes after the snapshot opens it again.
 */
final class Letters {
    /** What a letter has for a projection when its event could not be read at all: it blocks nothing. */
    static final String ANY = "*";

    private final Entries entries;
    private final UnaryOperator<String> mapOf;
    private final long position;

    /**
     * @param mapOf where a view was loaded to; null for a view that was not
     * @param position the snapshot's
     */
    Letters(Entries entries, UnaryOperator<String> mapOf, long position) {
        this.entries = entries;
        this.mapOf = mapOf;
        this.position = position;
    }

    List<Change> wanted(List<Change> letters) {
        List<Change> wanted = new ArrayList<>();
        for (Change letter : letters) {
            if (isWanted(letter)) {
                wanted.add(letter);
            }
        }
        return wanted;
    }

    private boolean isWanted(Change letter) {
        JsonObject json = Json.object(letter.json());
        String projection = json.getString("projection", "");
        if (projection.equals(ANY)) {
            return true;
        }
        String map = mapOf.apply(projection);
        if (map == null) {
            return false;
        }
        String key = json.getString("entryKey", "");
        Map<String, byte[]> there = entries.read(map, List.of(key)).join();
        byte[] entry = there.get(key);
        if (entry == null) {
            return false;
        }
        long of = json.getLong("position", Long.MAX_VALUE);
        try {
            Meta meta = Meta.of(Meta.text(entry));
            boolean unseen = of <= position && !meta.hasSeen(json.getInt("lane", 0), of);
            return unseen || meta.letters().contains(letter.key());
        } catch (ParseException e) {
            return of <= position;
        }
    }
}
