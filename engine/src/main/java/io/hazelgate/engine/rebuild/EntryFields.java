package io.hazelgate.engine.rebuild;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.JsonText;
import java.util.Arrays;

/** What readers see of a view entry: its fields, without the {@code _meta} that comes first. */
final class EntryFields {
    private static final byte[] META = "{\"_meta\":".getBytes(UTF_8);

    private EntryFields() {}

    /** The fields as JSON; null where readers see no entry. */
    static String of(byte[] entry) {
        if (entry == null) {
            return null;
        }
        if (!Arrays.equals(entry, 0, Math.min(META.length, entry.length), META, 0, META.length)) {
            return Json.text(entry);
        }
        int end = JsonText.afterValue(entry, META.length);
        if (end == JsonText.NOT_JSON) {
            throw new IllegalArgumentException(
                    "an entry is no JSON object: " + new String(entry, 0, Math.min(80, entry.length), UTF_8));
        }
        if (new String(entry, META.length, end - META.length, UTF_8).contains("\"absent\":true")) {
            return null;
        }
        int rest = entry[end] == ',' ? end + 1 : end;
        return '{' + new String(entry, rest, entry.length - rest, UTF_8);
    }
}
