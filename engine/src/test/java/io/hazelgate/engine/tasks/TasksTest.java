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
import io.hazelgate.engine.Engine;
import io.hazelgate.engine.Names;
import io.hazelgate.engine.TestMember;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Each task against a real member, by the bytes of docs/reference/protocol.md. */
class TasksTest {
    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String answer(EngineTask task, String request) throws Exception {
        return new String(task.with(TestMember.hazelcast(), utf8(request)).call(), StandardCharsets.UTF_8);
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
        byte[] answers = new SubmitEvents()
                .with(TestMember.hazelcast(), submission("e1@" + id, "{\"n\":\"ä\"}", "e2@" + id, "{}"))
                .call();
        assertArrayEquals(new byte[] {0, 0}, answers);
        IMap<String, HazelcastJsonValue> pending = TestMember.hazelcast().getMap(Names.PENDING_EVENTS);
        assertEquals("{\"n\":\"ä\"}", pending.get("e1@" + id).getValue());
        assertNotNull(pending.get("e2@" + id));
    }

    @Test
    void theSameEventTwiceInOneCallIsWrittenTwice() throws Exception {
        String key = "e1@" + TestMember.newId();
        IMap<String, HazelcastJsonValue> pending = TestMember.hazelcast().getMap(Names.PENDING_EVENTS);
        byte[] answers = new SubmitEvents()
                .with(TestMember.hazelcast(), submission(key, "{\"n\":1}", key, "{\"n\":2}"))
                .call();
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
        byte[] answers = new SubmitEvents()
                .with(TestMember.hazelcast(), submission(parts.toArray(String[]::new)))
                .call();
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
            byte[] answers = new SubmitEvents()
                    .with(first, submission(parts.toArray(String[]::new)))
                    .call();
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
        assertEquals("[[null,{\"x\":1}],[],[{\"x\":1}]]", answer(new ReadEntries(), request));
    }

    private static String viewOfNumbers(int size) throws Exception {
        String name = TestMember.newId() + "-view";
        IMap<String, HazelcastJsonValue> map = TestMember.hazelcast().getMap(name);
        TestMember.engine().generations().declare(name, List.of("n"));
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
        return keysOf(answer(new QueryEntries(), "{\"map\":\"" + map + "\",\"index\":\"n\"," + more + "}"));
    }

    @Test
    void aPageIsReadInTheOrderOfTheIndex() throws Exception {
        String map = viewOfNumbers(50);
        assertEquals("000 001 002 of null", query(map, "\"limit\":3"));
        assertEquals("049 048 047 of null", query(map, "\"limit\":3,\"descending\":true"));
    }

    @Test
    void aPageStartsBehindItsBound() throws Exception {
        String map = viewOfNumbers(50);
        assertEquals("010 011 of null", query(map, "\"limit\":2,\"from\":\"010\""));
        assertEquals("011 012 of null", query(map, "\"limit\":2,\"from\":\"010\",\"fromInclusive\":false"));
        assertEquals(
                "009 008 of null", query(map, "\"limit\":2,\"to\":\"010\",\"toInclusive\":false,\"descending\":true"));
        assertEquals("010 011 012 of 3", query(map, "\"limit\":9,\"from\":\"010\",\"to\":\"012\",\"count\":true"));
        assertEquals(" of null", query(map, "\"limit\":9,\"from\":\"012\",\"to\":\"010\""));
    }

    @Test
    void aFilterIsAppliedBeforeTheLimitAndCounts() throws Exception {
        String map = viewOfNumbers(50);
        String odd = "\"filter\":[{\"path\":\"parity\",\"op\":\"eq\",\"value\":\"odd\"}]";
        assertEquals("001 003 of 25", query(map, "\"limit\":2,\"count\":true," + odd));
        assertEquals("021 023 of null", query(map, "\"limit\":2,\"from\":\"020\"," + odd));
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
                                new QueryEntries(),
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
                "\"filter\":[{\"path\":\"_meta.keys.n\",\"op\":\"in\",\"value\":[\"000\",\"511\",\"512\",\"1299\"]}]";
        assertEquals("000 1299 511 512 of 4", query(map, "\"limit\":9,\"count\":true," + three));
        assertEquals("512 511 1299 000 of 4", query(map, "\"limit\":9,\"count\":true,\"descending\":true," + three));
    }

    @Test
    void anIndexValueMayHoldAnything() throws Exception {
        String name = TestMember.newId() + "-view";
        IMap<String, HazelcastJsonValue> map = TestMember.hazelcast().getMap(name);
        TestMember.engine().generations().declare(name, List.of("n"));
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
                "c b of 3",
                keysOf(answer(
                        new QueryEntries(),
                        "{\"map\":\"" + name + "\",\"index\":null,\"limit\":2,\"descending\":true,\"count\":true}")));
    }

    @Test
    void anIndexThatIsNotThereIsNamed() {
        Exception error = assertThrows(IllegalStateException.class, () -> query("no-such-view", "\"limit\":1"));
        assertEquals(true, error.getMessage().contains("no-such-view has no index n"));
    }

    @Test
    void statisticsNameTheStateOfProjectorAndJob() throws Exception {
        Engine engine = TestMember.engine();
        engine.pipelines().get(0).statistics().completed(0, 1_000, 2_000, 3_000, 4_000, 5_000);
        JsonObject stats = Json.parse(answer(new PipelineStats(), "")).asObject();
        assertEquals("AWAY", stats.getString("projector", null));
        assertEquals("STARTING", stats.getString("job", null));
        assertNotNull(UUID.fromString(stats.getString("member", null)));
        assertEquals(1, stats.getInt("eventsTotal", 0));
        JsonObject total = stats.get("recent").asObject().get("total").asObject();
        assertEquals("{\"counts\":[[72,1]],\"sumMs\":5.0,\"maxMs\":5.0}", total.toString());
    }
}
