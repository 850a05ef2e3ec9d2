package io.hazelgate.engine.views;

import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.lanes.Lanes;
import io.hazelgate.engine.network.AllMembers;
import io.hazelgate.engine.wire.Ids;
import io.hazelgate.engine.wire.Json;
import java.util.Set;
import java.util.stream.LongStream;

/** Where the events of the whole cluster stand: each member is asked for those of its lanes. */
public record Positions(AllMembers members, Gate gate, Lanes lanes) {
    private static final String SETTLED = "settled";
    private static final String REACHED = "reached";
    public static final Set<String> ASKED = Set.of(SETTLED, REACHED);

    private static final long ANSWER_MILLIS = 5_000;

    /** A position that all members' events at or below it are stored and applied, as far as their gates know. */
    public long settled() {
        return ask(SETTLED).min().orElse(0);
    }

    /** A position that every one given out so far, by any member, is at or below. */
    public long reached() {
        return ask(REACHED).max().orElse(0);
    }

    public JsonObject here(String what) {
        return new JsonObject().add("position", what.equals(SETTLED) ? gate.settled() : lanes.reached());
    }

    private LongStream ask(String what) {
        byte[] request = Json.bytes(new JsonObject().add("what", what));
        return members.ask(Ids.REBUILD_STEP, request, ANSWER_MILLIS).stream()
                .mapToLong(answer -> answer.getLong("position", 0));
    }
}
