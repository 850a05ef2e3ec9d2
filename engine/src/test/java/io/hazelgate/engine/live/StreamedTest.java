package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.hazelgate.engine.projector.Outcome;
import io.hazelgate.engine.projector.Write;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamedTest {
    private static Write write(String map, String key, long version, int... events) {
        return new Write(map, key, version - 1, Json.bytes("{\"_meta\":{\"version\":" + version + "}}"), events);
    }

    private static Outcome outcome(int kind, boolean isNew) {
        byte[] id = isNew ? Json.bytes("{}") : null;
        return new Outcome(kind, "Order:2@o1", Json.bytes("{}"), id, Json.bytes("{"), "OrderPaid", "", false);
    }

    private static List<Changed> changed(int events, Write... writes) {
        List<Changed> all = Changed.nothing(events);
        Changed.note(all, Arrays.asList(writes), index -> index);
        return all;
    }

    @Test
    void anEventNamesEachEntryThatItHasChangedAndTheVersionAfterIt() {
        Changed one = changed(
                        1,
                        write("order-view", "o1", 3, 0),
                        write("agent-view", "a1", 8, 0),
                        write("agent-view", "a2", 1, 0))
                .get(0);
        assertEquals("{\"order-view\":{\"\":3},\"agent-view\":{\"a1\":8,\"a2\":1}}", one.toJson("o1"));
    }

    @Test
    void eventsOfOneWriteNameTheVersionAfterTheLastOfThem() {
        List<Changed> all = changed(3, write("order-view", "o1", 5, 0, 2));
        assertEquals(
                List.of("{\"order-view\":{\"o1\":5}}", "{}", "{\"order-view\":{\"o1\":5}}"),
                all.stream().map(each -> each.toJson("other")).toList());
    }

    @Test
    void mapsThatAreNoViewsAreNotNamed() {
        assertEquals(
                "{}",
                changed(
                                1,
                                write(Names.AGGREGATE_HEADS, "Order@o1", 2, 0),
                                write(Names.DEAD_LETTER_EVENTS, "letter", 1, 0))
                        .get(0)
                        .toJson("o1"));
    }

    @Test
    void aWriteThatWasMadeAgainNamesItsOwnVersion() {
        List<Changed> all = changed(2, write("order-view", "o1", 2, 0, 1));
        Changed.note(all, List.of(write("order-view", "o1", 9, 0)), index -> 1);
        assertEquals("{\"order-view\":{\"\":2}}", all.get(0).toJson("o1"));
        assertEquals("{\"order-view\":{\"\":9}}", all.get(1).toJson("o1"));
    }

    private static Changed showing(String envelope, Write... writes) {
        List<Changed> all = Changed.nothing(1);
        all.get(0).keepShown(Json.bytes(envelope));
        Changed.note(all, Arrays.asList(writes), index -> index);
        return all.get(0);
    }

    @Test
    void theEntryThatASubmitterShowsIsKept() {
        Changed one = showing(
                "{\"show\":\"order-view/o1\",\"eventId\":\"e\"}",
                write("order-view", "o1", 2, 0),
                write("order-view", "o2", 8, 0),
                write("agent-view", "o1", 9, 0),
                write("order-view", "o1", 3, 0));
        assertEquals("{\"_meta\":{\"version\":3}}", Json.text(one.entry()));
    }

    @Test
    void noEntryIsKeptThatNobodyShows() {
        Write write = write("order-view", "o1", 2, 0);
        assertNull(showing("{\"eventId\":\"e\",\"data\":{\"show\":\"order-view/o1\"}}", write)
                .entry());
        assertNull(
                showing("{\"show\":\"order-view/o2\",\"eventId\":\"e\"}", write).entry());
        assertNull(showing("", write).entry());
    }

    @Test
    void anEntryIsNotKeptWhereTheEventIsDecidedOnceMore() {
        Changed one = showing("{\"show\":\"order-view/o1\"}", write("order-view", "o1", 2, 0));
        one.decideAgain();
        assertNull(one.entry());
    }

    @Test
    void theNamesStandInFrontOfTheRecord() {
        Changed one = changed(1, write("order-view", "o1", 3, 0)).get(0);
        Streamed streamed = new Streamed("OrderPaid", "Order:2@o1", Json.bytes("{\"cursor\":\"7\"}"), one);
        assertEquals("{\"changed\":{\"order-view\":{\"\":3}},\"cursor\":\"7\"}", streamed.full());
        assertEquals(
                "{\"cursor\":\"7\"}",
                Streamed.again(Json.bytes("{\"cursor\":\"7\"}")).full());
    }

    @Test
    void onlyWhatIsNewNamesWhatItHasChanged() {
        byte[] record = Json.bytes("{}");
        Batch batch = new Batch(
                List.of(),
                List.of(
                        outcome(Outcome.ACCEPTED, true),
                        outcome(Outcome.ALREADY_STORED, false),
                        outcome(Outcome.HELD, true),
                        outcome(Outcome.REFUSED, true)),
                Arrays.asList(record, record, record, null),
                List.of(record),
                Changed.nothing(4),
                0,
                0);
        List<Streamed> streamed = batch.streamed();
        assertEquals(4, streamed.size());
        assertNull(streamed.get(0).changed(), "found: an earlier run may have changed entries for it");
        assertEquals("{}", streamed.get(1).changed().toJson(""));
        assertNull(streamed.get(2).changed());
        assertEquals("{}", streamed.get(3).changed().toJson(""));
    }
}
