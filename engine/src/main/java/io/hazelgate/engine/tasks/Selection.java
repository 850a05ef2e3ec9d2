package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonArray;
import io.hazelgate.engine.wire.Bytes;
import io.hazelgate.engine.wire.JsonText;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What an operation selects of an entry, copied out of the entry's bytes.
 *
 * <p>Each value is held against what the API allows in its place. Where one is otherwise, nothing is copied: the gateway reads the entry
 * as a whole, and says what is wrong with it.
 */
final class Selection {
    /** How the projector writes an entry. */
    private static final byte[] HEAD = utf8("{\"_meta\":{");

    private static final List<byte[]> ABSENT = List.of(utf8("_meta"), utf8("absent"));
    private static final int MAX_KNOWN = 256;
    private static final int MAX_KNOWN_LENGTH = 8_192;
    private static final Map<String, Selection> KNOWN = new ConcurrentHashMap<>();

    private final byte[][] names;
    /** What stands before each value in the answer. */
    private final byte[][] heads;

    private final SelectedValue[] values;

    Selection(JsonArray fields) {
        names = new byte[fields.size()][];
        heads = new byte[fields.size()][];
        values = new SelectedValue[fields.size()];
        for (int i = 0; i < names.length; i++) {
            JsonArray field = fields.get(i).asArray();
            String name = field.get(0).asString();
            names[i] = name.getBytes(StandardCharsets.UTF_8);
            heads[i] = utf8((i == 0 ? "{\"" : ",\"") + name + "\":");
            values[i] = SelectedValue.parse(field, 1);
        }
    }

    /** @param text JSON, as docs/reference/protocol.md has it; operations come again, so it is kept what was made of it */
    static Selection of(String text) {
        Selection found = KNOWN.get(text);
        if (found == null) {
            found = new Selection(Json.parse(text).asArray());
            if (text.length() <= MAX_KNOWN_LENGTH) {
                if (KNOWN.size() >= MAX_KNOWN) {
                    KNOWN.clear();
                }
                KNOWN.put(text, found);
            }
        }
        return found;
    }

    /**
     * Copies what is selected of an entry, or {@code null} where readers find none.
     *
     * @param from where the entry begins, which goes on to the end
     * @return whether the entry is as it should be; if not, some of it may be written
     */
    boolean copyEntry(byte[] entry, int from, AnswerBytes out) {
        if (entry == null) {
            out.write(Literals.NULL, 0, Literals.NULL.length);
            return true;
        }
        if (!Bytes.startsWith(entry, from, HEAD)) {
            return false;
        }
        int before = out.size();
        if (copy(entry, from, out)) {
            return true;
        }
        out.backTo(before);
        int absent = JsonText.find(entry, from, ABSENT);
        if (absent == JsonText.NOT_JSON || entry[absent] != 't') {
            return false;
        }
        out.write(Literals.NULL, 0, Literals.NULL.length);
        return true;
    }

    /** @param at where the object begins */
    boolean copy(byte[] json, int at, AnswerBytes out) {
        int[] places = new int[2 * names.length];
        if (!JsonText.eachField(
                json, at, (name, nameEnd, value, end) -> note(json, name, nameEnd, value, end, places))) {
            return false;
        }
        for (int i = 0; i < names.length; i++) {
            out.write(heads[i], 0, heads[i].length);
            if (!values[i].copy(json, places[2 * i], places[2 * i + 1], out)) {
                return false;
            }
        }
        out.write('}');
        return true;
    }

    private void note(byte[] json, int name, int nameEnd, int value, int end, int[] places) {
        for (int i = 0; i < names.length; i++) {
            if (Arrays.equals(json, name, nameEnd, names[i], 0, names[i].length)) {
                places[2 * i] = value;
                places[2 * i + 1] = end;
                return;
            }
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
