package io.hazelgate.engine.tasks;

import io.hazelgate.engine.wire.Bytes;
import io.hazelgate.engine.wire.Json;

/** The answer of {@link QueryEntries}, while entries are looked at. */
final class Page {
    private static final int QUOTE = '"';

    private final EntryQuery query;
    private final AnswerBytes json = new AnswerBytes();
    private int taken;
    private long counted;
    private long scanned;
    private boolean odd;

    Page(EntryQuery query) {
        this.query = query;
        json.writeBytes(Json.bytes("{\"entries\":["));
    }

    EntryQuery query() {
        return query;
    }

    /** How many entries there are in all, where that is known without looking. */
    void counted(long entries) {
        counted = entries;
    }

    /** Nothing that comes can change the answer. */
    boolean isFull() {
        boolean counts = query.count() && query.filter() != null;
        return taken >= query.limit() && !counts || isTooMuch() || odd;
    }

    /** Whether an entry is not as the selection has it: then the page counts for nothing. */
    boolean isOdd() {
        return odd;
    }

    private boolean isTooMuch() {
        return query.filter() != null && scanned > query.maxScanned();
    }

    /**
     * One more entry, in the order of the index.
     *
     * @param key what the index sorts it by, in UTF-8
     * @param from where the entry begins, which goes on to the end
     */
    void look(byte[] key, byte[] entry, int from) {
        scanned++;
        if (query.filter() != null) {
            if (isTooMuch() || !query.filter().matches(entry, from)) {
                return;
            }
            counted++;
        }
        if (taken < query.limit()) {
            json.writeBytes(Json.bytes(taken > 0 ? ",[" : "["));
            writeString(key);
            json.write(',');
            if (query.selection() == null) {
                json.write(entry, from, entry.length - from);
            } else {
                odd |= !query.selection().copyEntry(entry, from, json);
            }
            json.write(']');
            taken++;
        }
    }

    private void writeString(byte[] utf8) {
        boolean plain = Bytes.findEither(utf8, 0, utf8.length, '"', '\\') == utf8.length;
        for (int i = 0; plain && i < utf8.length; i++) {
            plain = utf8[i] < 0 || utf8[i] >= ' ';
        }
        if (plain) {
            json.write(QUOTE);
            json.writeBytes(utf8);
            json.write(QUOTE);
        } else {
            json.writeBytes(Json.bytes(com.hazelcast.internal.json.Json.value(Json.text(utf8))));
        }
    }

    /** @param own the partitions that were looked at, as {@link OwnPartitions} names them */
    byte[] toJson(String own) {
        String end = ",\"partitions\":\"" + own + "\",\"scanned\":" + scanned + ",\"exceeded\":" + isTooMuch()
                + ",\"selected\":" + (query.selection() != null) + "}";
        if (isTooMuch()) {
            return Json.bytes("{\"entries\":[],\"count\":null" + end);
        }
        json.writeBytes(Json.bytes("],\"count\":" + (query.count() ? String.valueOf(counted) : "null") + end));
        return json.toByteArray();
    }
}
