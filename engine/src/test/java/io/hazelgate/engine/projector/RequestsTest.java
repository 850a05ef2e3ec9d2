package io.hazelgate.engine.projector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hazelgate.engine.projector.Care.FailedCall;
import io.hazelgate.engine.wire.Loaded;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.msgpack.core.MessagePack;
import org.msgpack.value.ArrayValue;

class RequestsTest {
    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aRequestHasTheShapeOfTheProtocol() throws Exception {
        Map<String, byte[]> entries = new HashMap<>();
        entries.put("absent", null);
        Loaded loaded = new Loaded();
        loaded.put("customer-view", entries);
        byte[] body = Requests.process(
                7,
                1,
                List.of(new Input(utf8("{}"), 42, 1_764_000_000_000_000L, "2026-01-01T00:00:00.000000Z", null, null)),
                loaded,
                Care.NONE);
        ArrayValue request = MessagePack.newDefaultUnpacker(body).unpackValue().asArrayValue();
        assertEquals(
                "[7,1,[[\"{}\",42,1764000000000000,\"2026-01-01T00:00:00.000000Z\",null,null]],"
                        + "{\"customer-view\":{\"absent\":null}}]",
                request.toJson());
    }

    private static final Care CAREFUL = new Care(
            true, List.of(new FailedCall(new Crumb("fold", "f", "e1", "view", "key"), "did not return within 5 s")));
    private static final String FAILED =
            "true,[[\"fold\",\"f\",\"e1\",\"view\",\"key\",\"did not return within 5 s\"]]";

    private static String json(byte[] body) throws Exception {
        return MessagePack.newDefaultUnpacker(body).unpackValue().toJson();
    }

    @Test
    void inTheCarefulModeTheFailedCallsAreNamed() throws Exception {
        assertEquals("[7,0,[],{}," + FAILED + "]", json(Requests.process(7, 0, List.of(), new Loaded(), CAREFUL)));
        assertEquals(
                "[7,0,[\"view\"],[\"{}\"],{}," + FAILED + "]",
                json(Requests.fold(7, 0, List.of("view"), List.of(utf8("{}")), new Loaded(), CAREFUL)));
    }

    @Test
    void aQuestionAboutALetterHasTheOrderAndHowItIsRetried() throws Exception {
        Resolving.Order order = new Resolving.Order("letter", "EDIT", utf8("{\"n\":1}"), null);
        assertEquals(
                "[\"letter\",\"EDIT\",\"{\\\"n\\\":1}\",null,\"2026-01-01\",6,100,{}," + FAILED + "]",
                json(Requests.resolve(order, "2026-01-01", 6, 100, new Loaded(), CAREFUL)));
    }

    @Test
    void aQuestionHowEventsStandNamesThemAndTheLetterThatGoes() throws Exception {
        assertEquals(
                "[[[\"T:1@a\",\"gateway-1\",\"s1\"]],null,\"2026-01-01\",{},false,[]]",
                json(Requests.settle(
                        List.of(new Resolving.Affected("T:1@a", "gateway-1", "s1")),
                        null,
                        "2026-01-01",
                        new Loaded(),
                        Care.NONE)));
    }
}
