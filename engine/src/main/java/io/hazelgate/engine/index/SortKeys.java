package io.hazelgate.engine.index;

import static io.hazelgate.engine.wire.JsonText.NOT_JSON;
import static io.hazelgate.engine.wire.JsonText.afterValue;

import io.hazelgate.engine.wire.JsonText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Finds an entry's sort keys in its JSON, in one pass over the bytes that ends with the last of them: a key is copied out, nothing else is
 * looked at.
 *
 * <p>For one thread at a time.
 */
final class SortKeys {
    private static final int DONE = -2;
    /** An end that says: there is none. */
    private static final int NONE = -1;

    private final Fields fields = new Fields();
    private final int count;
    private int left;

    /** Fields of an object that matter: each is a key's ({@code inner} is null), or has some within it. */
    private static final class Fields {
        final List<byte[]> names = new ArrayList<>();
        final List<Fields> inner = new ArrayList<>();
        final List<Integer> keys = new ArrayList<>();

        void add(List<String> path, int key) {
            byte[] name = path.get(0).getBytes(StandardCharsets.UTF_8);
            int at = place(name, 0, name.length);
            if (at < 0) {
                at = names.size();
                names.add(name);
                inner.add(path.size() > 1 ? new Fields() : null);
                keys.add(key);
            }
            if (path.size() > 1) {
                inner.get(at).add(path.subList(1, path.size()), key);
            }
        }

        int place(byte[] text, int from, int to) {
            for (int i = 0; i < names.size(); i++) {
                byte[] name = names.get(i);
                if (Arrays.equals(name, 0, name.length, text, from, to)) {
                    return i;
                }
            }
            return -1;
        }

        /** Those that have not been found are nowhere. Returns how many. */
        int close(int[] found) {
            int closed = 0;
            for (int i = 0; i < names.size(); i++) {
                if (inner.get(i) != null) {
                    closed += inner.get(i).close(found);
                } else if (found[2 * keys.get(i) + 1] == 0) {
                    found[2 * keys.get(i) + 1] = NONE;
                    closed++;
                }
            }
            return closed;
        }
    }

    /** @param paths where each key stands: field names, from the outside in */
    SortKeys(List<List<String>> paths) {
        count = paths.size();
        for (int i = 0; i < count; i++) {
            fields.add(paths.get(i), i);
        }
    }

    /**
     * Finds them all.
     *
     * @param start where the object begins
     * @return by key, where its text begins and ends, without the quotes; it ends at 0 or below where there is none: it is missing, or no
     *     string
     */
    int[] in(byte[] json, int start) {
        int[] found = new int[2 * count];
        left = count;
        walk(json, start, fields, found);
        return found;
    }

    /** Behind the object that begins there; {@link #DONE} as soon as nothing is left to be found. */
    private int walk(byte[] json, int open, Fields wanted, int[] found) {
        return JsonText.walk(
                json,
                open,
                (name, nameEnd, value) -> value(json, value, wanted, place(wanted, json, name, nameEnd), found));
    }

    private int value(byte[] json, int at, Fields wanted, int place, int[] found) {
        if (place < 0) {
            return afterValue(json, at);
        }
        Fields inner = wanted.inner.get(place);
        if (inner != null) {
            int end = json[at] == '{' ? walk(json, at, inner, found) : afterValue(json, at);
            left -= end < 0 ? 0 : inner.close(found);
            return left > 0 || end < 0 ? end : DONE;
        }
        int end = afterValue(json, at);
        int key = wanted.keys.get(place);
        if (end != NOT_JSON && found[2 * key + 1] == 0) {
            boolean isString = json[at] == '"';
            found[2 * key] = at + 1;
            found[2 * key + 1] = isString ? end - 1 : NONE;
            left--;
        }
        return left > 0 || end < 0 ? end : DONE;
    }

    private static int place(Fields wanted, byte[] json, int from, int to) {
        if (JsonText.hasEscape(json, from, to)) {
            byte[] name = JsonText.characters(json, from, to);
            return wanted.place(name, 0, name.length);
        }
        return wanted.place(json, from, to);
    }
}
