package io.hazelgate.engine.restore;

import io.hazelgate.engine.wire.JsonRecords;

/**
 * How an import stands, as the map {@code recovery} has it.
 *
 * @param empty whether it is known that there were no events: before that there is nothing to undo
 * @param cursor of the last event
 */
record ImportState(String id, boolean empty, long events, String cursor) {
    static ImportState of(String json) {
        return json == null ? null : JsonRecords.of(ImportState.class, json);
    }

    static ImportState begun(String id) {
        return new ImportState(id, false, 0, "");
    }

    ImportState onNothing() {
        return new ImportState(id, true, events, cursor);
    }

    ImportState with(int more, String upTo) {
        return new ImportState(id, empty, events + more, upTo);
    }

    String toJson() {
        return JsonRecords.toJson(this).toString();
    }
}
