package io.hazelgate.engine.live;

import io.hazelgate.engine.fold.EntryWriter;
import io.hazelgate.engine.projector.Write;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.JsonData;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntUnaryOperator;

/**
 * The entries of views that an event has changed, by their names: view, key, and the version after it.
 *
 * <p>Events of a batch that change the same entry change it in one write. So each of them names the version after the last of them.
 */
final class Changed {
    private static final String OWN_KEY = "";
    private static final byte[] SHOW = Json.bytes("{\"show\":\"");

    private final Map<String, Map<String, Long>> versions = new LinkedHashMap<>();
    private String shown;
    private byte[] entry;

    /** For so many events, of which none has changed anything yet. */
    static List<Changed> nothing(int events) {
        List<Changed> all = new ArrayList<>(events);
        for (int i = 0; i < events; i++) {
            all.add(new Changed());
        }
        return all;
    }

    /**
     * Keeps the entry that an event's submitter wants to show, {@code <view>/<key>}, if the event changes it.
     *
     * @param envelope a gateway writes its wish first, so that all others cost a look at their beginning
     */
    void keepShown(byte[] envelope) {
        if (envelope != null && Arrays.mismatch(envelope, SHOW) == SHOW.length) {
            shown = Json.stringField(envelope, "show");
        }
    }

    /** What an event has changed is decided once more: what it came to before is not in the views. */
    void decideAgain() {
        entry = null;
    }

    /** The entry as the event has left it, or a later one of its batch; null where nobody wants it or the event is none of its. */
    byte[] entry() {
        return entry;
    }

    private void note(Write write, long version) {
        versions.computeIfAbsent(write.map(), view -> new LinkedHashMap<>()).put(write.key(), version);
        if (shown != null && shown.equals(write.map() + "/" + write.key())) {
            entry = write.value();
        }
    }

    /**
     * Notes what writes change. Of two writes of one entry the later one counts.
     *
     * @param place where the event stands in {@code all} whose index a write names
     */
    static void note(List<Changed> all, List<Write> writes, IntUnaryOperator place) {
        for (Write write : writes) {
            if (EntryWriter.isOfView(write.map())) {
                long version = write.value() == null ? 0 : JsonData.versionOf(write.value());
                for (int index : write.events()) {
                    all.get(place.applyAsInt(index)).note(write, version);
                }
            }
        }
    }

    Set<String> views() {
        return versions.keySet();
    }

    Set<String> keys(String view) {
        return versions.getOrDefault(view, Map.of()).keySet();
    }

    /**
     * {@code {"<view>":{"<key>":<version>}}}. No id has a character that JSON escapes.
     *
     * @param aggregateId the event's; an entry with this key has the empty one here, which makes messages short
     */
    String toJson(String aggregateId) {
        StringBuilder json = new StringBuilder("{");
        versions.forEach((view, entries) -> {
            json.append(json.length() > 1 ? ",\"" : "\"").append(view).append("\":{");
            String separator = "\"";
            for (Map.Entry<String, Long> entry : entries.entrySet()) {
                json.append(separator)
                        .append(entry.getKey().equals(aggregateId) ? OWN_KEY : entry.getKey())
                        .append("\":")
                        .append(entry.getValue());
                separator = ",\"";
            }
            json.append('}');
        });
        return json.append('}').toString();
    }
}
