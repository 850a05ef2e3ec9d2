package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import io.hazelgate.engine.TestMember;
import io.hazelgate.engine.projector.Write;
import io.hazelgate.engine.wire.Ids;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WishesTest {
    private final HazelcastInstance hazelcast = TestMember.hazelcast();
    private final Wishes wishes = new Wishes(hazelcast);
    private final List<Runnable> leaving = new ArrayList<>();

    WishesTest() throws Exception {}

    @AfterEach
    void leave() {
        leaving.forEach(Runnable::run);
    }

    /** A gateway that listens; what is answered has it leave. */
    private Runnable listening(String gateway) {
        String topic = gateway.isEmpty() ? Names.EVENT_STREAM_TOPIC : Names.EVENT_STREAM_TOPIC + '.' + gateway;
        UUID id = hazelcast.getTopic(topic).addMessageListener(message -> {});
        Runnable leave = () -> hazelcast.getTopic(topic).removeMessageListener(id);
        leaving.add(leave);
        return leave;
    }

    private static Wish wish(String json) {
        return Wish.of(Json.object(json));
    }

    private static Changed changed() {
        List<Changed> all = Changed.nothing(1);
        byte[] value = Json.bytes("{\"_meta\":{\"version\":2}}");
        Changed.note(
                all,
                List.of(
                        new Write("order-view", "o1", 1, value, new int[] {0}),
                        new Write("agent-view", "a1", 1, value, new int[] {0})),
                index -> index);
        return all.get(0);
    }

    private static Streamed streamed(Changed changed) {
        return new Streamed(
                "OrderPaid", "Order:2@o1", Json.bytes("{\"persistedAt\":\"now\",\"cursor\":\"c7\"}"), changed);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|false",
                "{'everything':true}|true",
                "{'types':['OrderPaid']}|true",
                "{'types':['OrderMade']}|false",
                "{'aggregates':['o1']}|true",
                "{'aggregates':['o2']}|false",
                "{'views':['agent-view']}|true",
                "{'views':['other-view']}|false",
                "{'entries':{'agent-view':['a2','a1']}}|true",
                "{'entries':{'agent-view':['a2'],'order-view':['a1']}}|false"
            })
    void aWishNamesTypesAggregatesViewsAndEntries(String json, boolean wanted) {
        assertEquals(wanted, streamed(changed()).isFor(wish(json.replace('\'', '"'))));
    }

    @Test
    void ofWhatIsUnwantedAMarkIsSent() {
        Streamed event = streamed(changed());
        Messages messages = new Messages(List.of(event, Streamed.again(Json.bytes("{}")), event));
        String mark = "[\"c7\",\"OrderPaid\",\"Order:2@o1\",{\"order-view\":{\"\":2},\"agent-view\":{\"a1\":2}}]";
        assertEquals(
                "[" + mark + ",{}," + mark + "]",
                messages.to(wish("{}")).getValue(),
                "what is not known to be unwanted is sent");
        assertEquals(
                "[" + event.full() + ",{}," + event.full() + "]",
                messages.to(Wish.EVERYTHING).getValue());
    }

    @Test
    void aGatewayWhoseWishIsNotKnownWantsEverything() {
        String one = TestMember.newId();
        String other = TestMember.newId();
        listening("");
        listening(one);
        listening(other);
        Wish nothing = wish("{}");
        wishes.put(one, nothing);
        Map<String, Wish> byTopic = wishes.byTopic();
        assertEquals(nothing, byTopic.get("event-stream." + one));
        assertEquals(Wish.EVERYTHING, byTopic.get("event-stream." + other));
        assertEquals(Wish.EVERYTHING, byTopic.get("event-stream"));
    }

    @Test
    void aGatewayThatHasGoneGetsNothingAndItsWishIsForgotten() {
        String gone = TestMember.newId();
        Runnable leave = listening(gone);
        wishes.put(gone, wish("{}"));
        leave.run();
        assertFalse(wishes.byTopic().containsKey("event-stream." + gone));
        wishes.put(TestMember.newId(), wish("{}"));
        listening(gone);
        assertEquals(Wish.EVERYTHING, wishes.byTopic().get("event-stream." + gone));
    }

    @Test
    void aMemberTakesAWish() throws Exception {
        byte[] request = Json.bytes("{\"gateway\":\"gw-1\",\"types\":[\"OrderPaid\"]}");
        assertTrue(Json.text(TestMember.ask(hazelcast, Ids.TAKE_WISH, request)).equals("{}"));
    }
}
