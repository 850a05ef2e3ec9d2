package io.hazelgate.engine.tasks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.wire.Ids;
import io.hazelgate.engine.wire.Names;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Each task against a real member, by the bytes of docs/reference/protocol.md. */
class TasksTest {
    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String answer(int task, String request) throws Exception {
        return new String(TestMember.ask(TestMember.hazelcast(), task, utf8(request)), StandardCharsets.UTF_8);
    }

    private static byte[] submission(String... keysAndEnvelopes) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(keysAndEnvelopes.length / 2);
        for (String part : keysAndEnvelopes) {
            out.writeInt(utf8(part).length);
            out.write(utf8(part));
        }
        return bytes.toByteArray();
    }

    @Test
    void submittedEventsArePendingUnderTheirKeys() throws Exception {
        String id = TestMember.newId();
        byte[] answers = TestMember.ask(
                TestMember.hazelcast(), Ids.SUBMIT_EVENTS, submission("e1@" + id, "{\"n\":\"ä\"}", "e2@" + id, "{}"));
        assertArrayEquals(new byte[] {0, 0}, answers);
        IMap<String, HazelcastJsonValue> pending = TestMember.hazelcast().getMap(Names.PENDING_EVENTS);
        assertEquals("{\"n\":\"ä\"}", pending.get("e1@" + id).getValue());
        assertNotNull(pending.get("e2@" + id));
    }

    @Test
    void theSameEventTwiceInOneCallIsWrittenTwice() throws Exception {
        String key = "e1@" + TestMember.newId();
        IMap<String, HazelcastJsonValue> pending = TestMember.hazelcast().getMap(Names.PENDING_EVENTS);
        byte[] answers = TestMember.ask(
                TestMember.hazelcast(), Ids.SUBMIT_EVENTS, submission(key, "{\"n\":1}", key, "{\"n\":2}"));
        assertArrayEquals(new byte[] {0, 0}, answers);
        assertEquals("{\"n\":2}", pending.get(key).getValue());
        assertEquals(1, pending.getEntryView(key).getVersion(), "an update after the first write");
    }

    @Test
    void whatDoesNotFitIsRefusedOneByOne() throws Exception {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            parts.add("e" + i + "@" + TestMember.newId());
            parts.add("{}");
        }
        byte[] answers =
                TestMember.ask(TestMember.hazelcast(), Ids.SUBMIT_EVENTS, submission(parts.toArray(String[]::new)));
        int refused = 0;
        for (int i = 1; i < answers.length; i++) {
            refused += answers[i];
            assertEquals(true, answers[i] >= answers[i - 1], "once full, it stays full within a call");
        }
        assertEquals(true, refused >= 50, "at most 100 are in flight here");
    }

    @Test
    void eventsOfAnotherMembersLanesAreAdmittedThere() throws Exception {
        int seedPort = TestMember.freePort();
        String cluster = "submit-" + TestMember.newId();
        HazelcastInstance first = TestMember.newMember(cluster, seedPort, seedPort);
        HazelcastInstance second = TestMember.newMember(cluster, TestMember.freePort(), seedPort);
        try {
            TestMember.awaitSafe(second);
            List<String> parts = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                parts.add("e" + i + "@" + TestMember.newId());
                parts.add("{\"n\":" + i + "}");
            }
            byte[] answers = TestMember.ask(first, Ids.SUBMIT_EVENTS, submission(parts.toArray(String[]::new)));
            assertArrayEquals(new byte[60], answers);
            IMap<String, HazelcastJsonValue> pending = second.getMap(Names.PENDING_EVENTS);
            for (int i = 0; i < 60; i++) {
                assertEquals("{\"n\":" + i + "}", pending.get(parts.get(2 * i)).getValue());
            }
            assertEquals(true, pending.localKeySet().size() > 0, "some of the lanes are the second member's");
        } finally {
            first.getLifecycleService().terminate();
            second.getLifecycleService().terminate();
        }
    }

    @Test
    void entriesAreReadInTheOrderOfTheRequest() throws Exception {
        String name = TestMember.newId() + "-view";
        TestMember.hazelcast().getMap(name).set("a", new HazelcastJsonValue("{\"x\":1}"));
        String request = "[[\"" + name + "\",[\"nope\",\"a\"]],[\"" + name + "\",[]],[\"" + name + "\",[\"a\"]]]";
        assertEquals("[[null,{\"x\":1}],[],[{\"x\":1}]]", answer(Ids.READ_ENTRIES, request));
    }

    @Test
    void ofEntriesThatIsAnsweredWhatIsSelected() throws Exception {
        String name = TestMember.newId();
        IMap<String, HazelcastJsonValue> map = TestMember.hazelcast().getMap(name);
        map.set("a", new HazelcastJsonValue("{\"_meta\":{\"version\":1},\"x\":\"ä\",\"y\":{\"z\":[1,2]}}"));
        map.set("gone", new HazelcastJsonValue("{\"_meta\":{\"version\":2,\"absent\":true}}"));
        map.set("odd", new HazelcastJsonValue("{\"_meta\":{\"version\":1},\"x\":1}"));
        String selection = com.hazelcast.internal.json.Json.value(
                        "[[\"y\",\"object\",true,[[\"z\",\"list\",false,[\"int\",false]]]],[\"x\",\"text\",false]]")
                .toString();
        String asked =
                "[[\"%1$s\",[\"a\",\"none\",\"gone\"],%2$s],[\"%1$s\",[\"a\",\"odd\"],%2$s],[\"%1$s\",[\"odd\"]]]";
        assertEquals(
                "[[{\"y\":{\"z\":[1,2]},\"x\":\"ä\"},null,null],null,[{\"_meta\":{\"version\":1},\"x\":1}]]",
                answer(Ids.SELECT_ENTRIES, asked.formatted(name, selection)));
    }

    @Test
    void anAnswerThatIsTooBigIsRefused() throws Exception {
        String name = TestMember.newId() + "-view";
        TestMember.hazelcast().getMap(name).set("a", new HazelcastJsonValue('"' + "x".repeat(4 << 20) + '"'));
        String keys = String.join(",", Collections.nCopies(17, "\"a\""));
        Exception error = assertThrows(
                IllegalArgumentException.class, () -> answer(Ids.READ_ENTRIES, "[[\"" + name + "\",[" + keys + "]]]"));
        assertEquals("the answer has more than 64 MiB: ask for fewer entries at once", error.getMessage());
    }

    private static String viewOfNumbers(int size) throws Exception {
        String name = TestMember.newId() + "-view";
        IMap<String, HazelcastJsonValue> map = TestMember.hazelcast().getMap(name);
        TestMember.store(TestMember.hazelcast()).generations().declare(name, List.of("n"));
        IntStream.range(0, size)
                .forEach(i -> map.set(
                        "k" + i,
                        new HazelcastJsonValue("{\"_meta\":{\"version\":1,\"keys\":{\"n\":\"" + String.format("%03d", i)
                                + "\"}},\"parity\":\"" + (i % 2 == 0 ? "even" : "odd") + "\"}")));
        return name;
    }

    private static String keysOf(String answer) {
        JsonObject page = Json.parse(answer).asObject();
        List<String> keys = new ArrayList<>();
        page.get("entries")
                .asArray()
                .forEach(entry -> keys.add(entry.asArray().get(0).asString()));
        return String.join(" ", keys) + " of " + page.get("count");
    }

    private static String query(String map, String more) throws Exception {
        return keysOf(answer(Ids.QUERY_ENTRIES, "{\"map\":\"" + map + "\",\"index\":\"n\"," + more + "}"));
    }

    @Test
    void aPageIsReadInTheOrderOfTheIndex() throws Exception {
        String map = viewOfNumbers(50);
        assertEquals("000 001 002 of null", query(map, "\"limit\":3"));
        assertEquals("049 048 047 of null", query(map, "\"limit\":3,\"descending\":true"));
    }

    @Test
    void aPageLiesInItsRange() throws Exception {
        String map = viewOfNumbers(50);
        assertEquals("010 011 of null", query(map, "\"limit\":2,\"ranges\":[[\"010\",null]]"));
        assertEquals("011 012 of null", query(map, "\"limit\":2,\"ranges\":[[\"010\\u0000\",null]]"));
        assertEquals("009 008 of null", query(map, "\"limit\":2,\"ranges\":[[null,\"010\"]],\"descending\":true"));
        assertEquals("010 011 of 2", query(map, "\"limit\":9,\"ranges\":[[\"010\",\"012\"]],\"count\":true"));
        assertEquals(" of 0", query(map, "\"limit\":9,\"ranges\":[[\"012\",\"010\"]],\"count\":true"));
        assertEquals(" of 0", query(map, "\"limit\":9,\"ranges\":[],\"count\":true"));
    }

    @Test
    void severalRangesAreReadAsOne() throws Exception {
        String map = viewOfNumbers(50);
        String ranges = "\"ranges\":[[null,\"002\"],[\"010\",\"012\"],[\"049\",null]],";
        assertEquals("000 001 010 011 049 of 5", query(map, ranges + "\"limit\":9,\"count\":true"));
        assertEquals("049 011 010 001 of 5", query(map, ranges + "\"limit\":4,\"count\":true,\"descending\":true"));
        assertEquals("000 001 010 of null", query(map, ranges + "\"limit\":3"));
        assertEquals("001 011 of 3", query(map, ranges + "\"limit\":2,\"count\":true," + ODD));
        assertEquals("049 011 001 of 3", query(map, ranges + "\"limit\":9,\"count\":true,\"descending\":true," + ODD));
    }

    private static final String ODD = "\"filter\":{\"path\":[\"parity\"],\"op\":\"eq\",\"value\":\"odd\"}";

    @Test
    void aFilterIsAppliedBeforeTheLimitAndCounts() throws Exception {
        String map = viewOfNumbers(50);
        assertEquals("001 003 of 25", query(map, "\"limit\":2,\"count\":true," + ODD));
        assertEquals("021 023 of null", query(map, "\"limit\":2,\"ranges\":[[\"020\",null]]," + ODD));
    }

    @Test
    void anAnswerSaysHowManyEntriesWereLookedAt() throws Exception {
        String map = viewOfNumbers(50);
        assertEquals("4 false", scanned(map, "\"limit\":2," + ODD));
        assertEquals("50 false", scanned(map, "\"limit\":2,\"count\":true," + ODD));
        assertEquals("50 false", scanned(map, "\"limit\":99,\"maxScanned\":50," + ODD));
        assertEquals("2 false", scanned(map, "\"limit\":2,\"maxScanned\":1"));
    }

    @Test
    void aFilterThatHasTooManyToLookAtIsNotAnswered() throws Exception {
        String map = viewOfNumbers(50);
        String more = "\"limit\":99,\"count\":true,\"maxScanned\":49," + ODD;
        assertEquals("50 true", scanned(map, more));
        assertEquals(" of null", query(map, more));
    }

    private static String scanned(String map, String more) throws Exception {
        JsonObject page = Json.parse(
                        answer(Ids.QUERY_ENTRIES, "{\"map\":\"" + map + "\",\"index\":\"n\"," + more + "}"))
                .asObject();
        return page.get("scanned") + " " + page.get("exceeded");
    }

    @Test
    void anEntryThatWasRemovedIsInNoPageAndNoCount() throws Exception {
        String map = viewOfNumbers(5);
        assertEquals("000 001 002 003 004 of 5", query(map, "\"limit\":9,\"count\":true"));
        TestMember.hazelcast()
                .getMap(map)
                .set("k2", new HazelcastJsonValue("{\"_meta\":{\"version\":2,\"absent\":true,\"keys\":{}}}"));
        TestMember.hazelcast()
                .getMap(map)
                .set("k3", new HazelcastJsonValue("{\"_meta\":{\"version\":2,\"absent\":true}}"));
        assertEquals("000 001 004 of 3", query(map, "\"limit\":9,\"count\":true"));
        String all = "\"filter\":{\"path\":[\"nowhere\"],\"op\":\"isNull\",\"value\":true}";
        assertEquals("000 001 004 of 3", query(map, "\"limit\":9,\"count\":true," + all));
        assertEquals("[[[],3,[],[],[]]]", groups(map, "\"maxGroups\":9"));
        assertEquals("[[[],3,[],[],[]]]", groups(map, "\"maxGroups\":9," + all));
    }

    @Test
    void everyEntryOfAPageIsInItsRangeWhileEntriesMove() throws Exception {
        String name = viewOfNumbers(300);
        IMap<String, HazelcastJsonValue> map = TestMember.hazelcast().getMap(name);
        AtomicBoolean read = new AtomicBoolean();
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
            for (int i = 0; !read.get(); i++) {
                String key = String.format("%03d", (i * 7 + i / 300 * 150) % 300);
                map.set("k" + i * 7 % 300, new HazelcastJsonValue("{\"_meta\":{\"keys\":{\"n\":\"" + key + "\"}}}"));
            }
        });
        try {
            for (int i = 0; i < 1_000; i++) {
                JsonObject page = Json.parse(answer(
                                Ids.QUERY_ENTRIES,
                                "{\"map\":\"" + name
                                        + "\",\"index\":\"n\",\"limit\":400,\"ranges\":[[\"100\",\"200\"]],\"descending\":"
                                        + (i % 2 == 0) + "}"))
                        .asObject();
                page.get("entries").asArray().forEach(each -> {
                    String key = each.asArray().get(0).asString();
                    String now = each.asArray().get(1).toString();
                    assertEquals(true, now.contains("\"n\":\"" + key + "\""), key + " is " + now);
                });
            }
        } finally {
            read.set(true);
            writer.join();
        }
    }

    // ------------------------------------------------------------ figures over a map

    private static String viewOfMoney() throws Exception {
        String name = TestMember.newId() + "-view";
        IMap<String, HazelcastJsonValue> map = TestMember.hazelcast().getMap(name);
        TestMember.store(TestMember.hazelcast()).generations().declare(name, List.of("n"));
        String[] entries = {
            "\"status\":\"OPEN\",\"total\":\"0.10\",\"stock\":3,\"at\":\"2026-01-02\"",
            "\"status\":\"OPEN\",\"total\":\"0.20\",\"stock\":12,\"at\":null",
            "\"status\":\"PAID\",\"total\":\"12345678901234567890123456789.01\",\"stock\":1.5,\"at\":\"\uffee\"",
            "\"status\":\"PAID\",\"total\":\"much\",\"at\":\"🦊\"",
            "\"total\":\"1\",\"at\":\"2026-01-01\"",
        };
        for (int i = 0; i < entries.length; i++) {
            map.set("k" + i, new HazelcastJsonValue("{\"_meta\":{\"keys\":{\"n\":\"" + i + "\"}}," + entries[i] + "}"));
        }
        return name;
    }

    private static JsonObject aggregate(String map, String more) throws Exception {
        return Json.parse(answer(Ids.AGGREGATE_ENTRIES, "{\"map\":\"" + map + "\",\"index\":\"n\"," + more + "}"))
                .asObject();
    }

    /** In the order of their texts. */
    private static String groups(String map, String more) throws Exception {
        return aggregate(map, more).get("groups").asArray().values().stream()
                .map(Object::toString)
                .sorted()
                .collect(Collectors.joining(",", "[", "]"));
    }

    @Test
    void sumsAreExact() throws Exception {
        assertEquals(
                "[[[],5,[\"12345678901234567890123456790.31\",\"16.5\"],[],[]]]",
                groups(viewOfMoney(), "\"sums\":[[\"total\"],[\"stock\"]]"));
    }

    @Test
    void theLeastAndTheGreatestCompareAsNumbersOrAsTexts() throws Exception {
        assertEquals(
                "[[[],5,[],[\"0.10\",\"1.5\",\"2026-01-01\",null],[\"12345678901234567890123456789.01\",\"12\",\"🦊\",null]]]",
                groups(
                        viewOfMoney(),
                        "\"extremes\":[[\"total\"],[\"stock\"],[\"at\"],[\"nowhere\"]],\"numbers\":[[\"stock\"],[\"total\"]]"));
    }

    @Test
    void entriesAreGroupedByWhatTheyHave() throws Exception {
        String map = viewOfMoney();
        assertEquals(
                "[[[\"OPEN\"],2,[\"0.30\"],[\"2026-01-02\"],[\"2026-01-02\"]],"
                        + "[[\"PAID\"],2,[\"12345678901234567890123456789.01\"],[\"\uffee\"],[\"🦊\"]],"
                        + "[[null],1,[\"1\"],[\"2026-01-01\"],[\"2026-01-01\"]]]",
                groups(map, "\"groupBy\":[[\"status\"]],\"sums\":[[\"total\"]],\"extremes\":[[\"at\"]]"));
        assertEquals(
                "[[[\"OPEN\",null],1,[],[],[]],[[null,\"2026-01-01\"],1,[],[],[]]]",
                groups(map, "\"groupBy\":[[\"status\"],[\"at\"]],\"ranges\":[[\"1\",\"2\"],[\"4\",null]]"));
    }

    @Test
    void figuresAreOverWhatAFilterLetsThrough() throws Exception {
        String map = viewOfMoney();
        String open = "\"filter\":{\"path\":[\"status\"],\"op\":\"eq\",\"value\":\"OPEN\"},";
        assertEquals("[[[],2,[\"15\"],[],[]]]", groups(map, open + "\"sums\":[[\"stock\"]]"));
        assertEquals("[]", groups(map, open + "\"ranges\":[[\"2\",null]]"));
        assertEquals("[[[],5,[],[],[]]]", groups(map, "\"maxScanned\":1"));
        assertEquals("[]", groups(map, "\"ranges\":[[\"x\",null]]"));
    }

    @Test
    void theOnlyMemberAnswersForAllPartitions() throws Exception {
        String map = viewOfMoney();
        int partitions =
                TestMember.hazelcast().getPartitionService().getPartitions().size();
        String all = BigInteger.TWO.pow(partitions + 1).subtract(BigInteger.ONE).toString(16);
        assertEquals(all, aggregate(map, "\"maxScanned\":9").getString("partitions", ""));
        String page = answer(Ids.QUERY_ENTRIES, "{\"map\":\"" + map + "\",\"index\":\"n\",\"limit\":1}");
        assertEquals(all, Json.parse(page).asObject().getString("partitions", ""));
    }

    @Test
    void tooManyEntriesOrGroupsAreNotAnswered() throws Exception {
        String map = viewOfMoney();
        String byStatus = "\"groupBy\":[[\"status\"]],";
        for (String bound : List.of("\"maxScanned\":4", "\"maxGroups\":2")) {
            JsonObject answer = aggregate(map, byStatus + bound);
            assertEquals(
                    "[] 5 true", answer.get("groups") + " " + answer.get("scanned") + " " + answer.get("exceeded"));
        }
        assertEquals(
                3,
                aggregate(map, byStatus + "\"maxScanned\":5,\"maxGroups\":3")
                        .get("groups")
                        .asArray()
                        .size());
    }

    @Test
    void entriesThatKeepTheirPlaceAreInEveryPageWhileTheyAreWritten() throws Exception {
        String name = viewOfNumbers(300);
        IMap<String, HazelcastJsonValue> map = TestMember.hazelcast().getMap(name);
        AtomicBoolean read = new AtomicBoolean();
        List<CompletableFuture<Void>> writers = IntStream.range(0, 3)
                .mapToObj(writer -> CompletableFuture.runAsync(() -> {
                    for (int i = 0; !read.get(); i++) {
                        String key = "k" + (i * 7 + writer) % 300;
                        map.set(key, map.get(key));
                    }
                }))
                .toList();
        try {
            for (int i = 0; i < 1_000; i++) {
                JsonObject page = Json.parse(answer(
                                Ids.QUERY_ENTRIES,
                                "{\"map\":\"" + name + "\",\"index\":\"n\",\"limit\":400,\"descending\":" + (i % 2 == 0)
                                        + "}"))
                        .asObject();
                assertEquals(300, page.get("entries").asArray().size(), "in look " + i);
            }
        } finally {
            read.set(true);
            writers.forEach(CompletableFuture::join);
        }
    }

    @Test
    void aLongWalkGoesFromStretchToStretch() throws Exception {
        String map = viewOfNumbers(1_300);
        String three =
                "\"filter\":{\"path\":[\"_meta\",\"keys\",\"n\"],\"op\":\"in\",\"value\":[\"000\",\"511\",\"512\",\"1299\"]}";
        assertEquals("000 1299 511 512 of 4", query(map, "\"limit\":9,\"count\":true," + three));
        assertEquals("512 511 1299 000 of 4", query(map, "\"limit\":9,\"count\":true,\"descending\":true," + three));
    }

    @Test
    void anIndexValueMayHoldAnything() throws Exception {
        String name = TestMember.newId() + "-view";
        IMap<String, HazelcastJsonValue> map = TestMember.hazelcast().getMap(name);
        TestMember.store(TestMember.hazelcast()).generations().declare(name, List.of("n"));
        map.set("a", new HazelcastJsonValue("{\"_meta\":{\"keys\":{\"n\":\"say \\\"hi\\\" \\\\|a\"}}}"));
        assertEquals("say \"hi\" \\|a of null", query(name, "\"limit\":1"));
    }

    @Test
    void allEntriesAreCountedWithoutWalking() throws Exception {
        assertEquals(" of 50", query(viewOfNumbers(50), "\"limit\":0,\"count\":true"));
    }

    @Test
    void aMapWithoutAnIndexIsReadByItsKeys() throws Exception {
        String name = TestMember.newId();
        IMap<String, HazelcastJsonValue> map = TestMember.hazelcast().getMap(name);
        List.of("b", "a", "c").forEach(key -> map.set(key, new HazelcastJsonValue("{}")));
        assertEquals(
                "b a of 2",
                keysOf(
                        answer(
                                Ids.QUERY_ENTRIES,
                                "{\"map\":\"" + name
                                        + "\",\"index\":null,\"limit\":9,\"descending\":true,\"count\":true,\"ranges\":[[null,\"c\"]]}")));
        assertEquals(
                "c b of 3",
                keysOf(answer(
                        Ids.QUERY_ENTRIES,
                        "{\"map\":\"" + name + "\",\"index\":null,\"limit\":2,\"descending\":true,\"count\":true}")));
    }

    @Test
    void anIndexThatIsNotThereIsNamed() {
        Exception error = assertThrows(IllegalStateException.class, () -> query("no-such-view", "\"limit\":1"));
        assertEquals(true, error.getMessage().contains("no-such-view has no index n"));
    }

    @Test
    void statisticsNameTheStateOfProjectorAndJob() throws Exception {
        TestMember.pipelines(TestMember.hazelcast())
                .all()
                .get(0)
                .statistics()
                .completed(0, 1_000, 2_000, 3_000, 4_000, 5_000);
        JsonObject stats = Json.parse(answer(Ids.PIPELINE_STATS, "")).asObject();
        assertEquals("AWAY", stats.getString("projector", null));
        assertEquals("STARTING", stats.getString("job", null));
        assertNotNull(UUID.fromString(stats.getString("member", null)));
        assertEquals(1, stats.getInt("eventsTotal", 0));
        JsonObject total = stats.get("recent").asObject().get("total").asObject();
        assertEquals("{\"counts\":[[72,1]],\"sumMs\":5.0,\"maxMs\":5.0}", total.toString());
    }
}
