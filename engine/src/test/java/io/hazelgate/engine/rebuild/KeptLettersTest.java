package io.hazelgate.engine.rebuild;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import com.hazelcast.core.HazelcastJsonValue;
import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.map.IMap;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.wire.Names;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

class KeptLettersTest {
    private static HazelcastJsonValue letter(String... waiting) {
        return new HazelcastJsonValue(
                "{\"_meta\":{\"version\":4,\"applied\":{\"3\":10}},\"position\":10,\"projection\":\"v\","
                        + "\"attempts\":2,\"blockedCount\":" + waiting.length + ",\"waiting\":["
                        + String.join(",", waiting)
                        + "]}");
    }

    private static String waiting(int position, String more) {
        return "{\"key\":\"T:" + position + "@a\",\"lane\":3,\"position\":" + position + more + "}";
    }

    private static JsonObject parsed(HazelcastJsonValue value) {
        return Json.parse(value.getValue()).asObject();
    }

    private static List<String> keys(JsonObject letter) {
        return StreamSupport.stream(letter.get("waiting").asArray().spliterator(), false)
                .map(each -> each.asObject().getString("key", ""))
                .toList();
    }

    @Test
    void whatWaitsInEitherWaitsInOrderAndKeepsWhoIsToBeTold() {
        HazelcastJsonValue live = letter(waiting(20, ",\"replyTo\":\"g\""), waiting(40, ""));
        JsonObject both = parsed(KeptLetters.both(live, letter(waiting(20, ""), waiting(30, ""), waiting(50, ""))));
        assertEquals(List.of("T:20@a", "T:30@a", "T:40@a", "T:50@a"), keys(both));
        assertEquals("g", both.get("waiting").asArray().get(0).asObject().getString("replyTo", ""));
        assertEquals(4, both.getInt("blockedCount", 0));
        assertEquals(2, both.getInt("attempts", 0));
        JsonObject meta = both.get("_meta").asObject();
        assertEquals(5, meta.getInt("version", 0));
        assertEquals(50, meta.get("applied").asObject().getLong("3", 0), "what is queued from here on is behind it");
    }

    @Test
    void aLetterThatHasAllStaysAsItIs() {
        HazelcastJsonValue live = letter(waiting(20, ""), waiting(30, ""));
        assertSame(live, KeptLetters.both(live, letter(waiting(30, ""))));
    }

    @Test
    void theLettersOfAViewAreKeptAsTheyAreAtThatMoment() throws Exception {
        IMap<String, HazelcastJsonValue> live = TestMember.hazelcast().getMap(Names.DEAD_LETTER_EVENTS);
        String view = "v" + TestMember.newId();
        HazelcastJsonValue ofView = new HazelcastJsonValue("{\"projection\":\"" + view + "\",\"position\":10}");
        IMap<String, HazelcastJsonValue> kept = TestMember.hazelcast().getMap(KeptLetters.mapOf(view));
        kept.set("of long ago", ofView);
        live.setAll(Map.of(view, ofView, view + "-other", letter()));
        KeptLetters.keep(TestMember.hazelcast(), view, view);
        live.delete(view);
        live.delete(view + "-other");
        assertEquals(Map.of(view, ofView), kept.getAll(kept.keySet()));
    }

    @Test
    void aRollbackGoesOnWithTheLettersOfItsGeneration() {
        Rebuild rollback = Rebuild.begun("rb1", Rebuild.Kind.ROLLBACK, Map.of("v", "g2.v"), 7, List.of(), Map.of(), 0);
        Rebuild rebuild = Rebuild.begun("rb1", Rebuild.Kind.REBUILD, Map.of("v", "g3.v"), 0, List.of(), Map.of(), 0);
        assertEquals(KeptLetters.mapOf("g2.v"), rollback.mapOf(Names.DEAD_LETTER_EVENTS));
        assertEquals("letters.rb1", rebuild.mapOf(Names.DEAD_LETTER_EVENTS));
    }
}
