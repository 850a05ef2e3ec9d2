package io.hazelgate.engine.rebuild;

import java.nio.charset.StandardCharsets;

/** What readers see of a view entry: its fields, without the {@code _meta} that comes first. */
final class EntryFields {
    private static final String META = "{\"_meta\":";

    private EntryFields() {}

    /** The fields as JSON; null where readers see no entry. */
    static String of(byte[] entry) {
        if (entry == null) {
            return null;
        }
        String text = new String(entry, StandardCharsets.UTF_8);
        if (!text.startsWith(META)) {
            return text;
        }
        int end = endOfObject(text, META.length());
        if (text.substring(META.length(), end).contains("\"absent\":true")) {
            return null;
        }
        return '{' + (text.charAt(end) == ',' ? text.substring(end + 1) : text.substring(end));
    }

    /** Where the object that begins at {@code start} is over. */
    private static int endOfObject(String text, int start) {
        int depth = 0;
        boolean inString = false;
        for (int i = start; i < text.length(); i++) {
            char c = text.charAt(i);
            if (inString) {
                if (c == '\\') {
                    i++;
                } else if (c == '"') {
                    inString = false;
                }
            } else if (c == '"') {
                inString = true;
            } else if (c == '{') {
                depth++;
            } else if (c == '}' && --depth == 0) {
                return i + 1;
            }
        }
        throw new IllegalArgumentException(
                "an entry is no JSON object: " + text.substring(0, Math.min(80, text.length())));
    }
}
