package io.hazelgate.engine.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PipelineSettingsTest {
    @Test
    void aPipelineHasANameEventTypesAndAProjector() {
        List<PipelineSettings> pipelines =
                PipelineSettings.parse("orders=OrderCreated,OrderShipped@localhost:50051;rest=*@[::1]:50052");
        assertEquals("orders", pipelines.get(0).name());
        assertEquals("localhost:50051", pipelines.get(0).projector());
        assertEquals("OrderCreated, OrderShipped", pipelines.get(0).eventTypes().toString());
        assertEquals(1, pipelines.get(1).number());
        assertEquals("*", pipelines.get(1).eventTypes().toString());
        assertEquals("[::1]:50052", pipelines.get(1).projector());
    }

    @Test
    void theRestIsWhatNobodyNames() {
        List<PipelineSettings> pipelines = PipelineSettings.parse("a=A@h:1;b=B,*@h:2");
        assertTrue(pipelines.get(0).eventTypes().includes("A"));
        assertFalse(pipelines.get(1).eventTypes().includes("A"));
        assertTrue(pipelines.get(1).eventTypes().includes("B"));
        assertTrue(pipelines.get(1).eventTypes().includes("Other"));
        assertFalse(pipelines.get(0).eventTypes().receives("Other"));
    }

    @Test
    void whatNobodyTakesComesToTheFirstToBeRefused() {
        List<PipelineSettings> pipelines = PipelineSettings.parse("a=A@h:1;b=B@h:2");
        assertTrue(pipelines.get(0).eventTypes().receives("Other"));
        assertFalse(pipelines.get(0).eventTypes().includes("Other"));
        assertFalse(pipelines.get(0).eventTypes().receives("B"));
        assertFalse(pipelines.get(1).eventTypes().receives("Other"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a=A@h:1;b=A@h:2       | --pipeline b: pipeline a takes A already",
                "a=*@h:1;b=*@h:2       | --pipeline b: pipeline a takes * already",
                "a=A@h:1;a=B@h:2       | --pipeline a: there are two pipelines of this name",
                "a=A,A@h:1             | --pipeline a: A is named twice",
                "a=*,*@h:1             | --pipeline a: * is named twice",
                "a=A                   | it has to be NAME=Type,Type@host:port",
                "A@h:1                 | it has to be NAME=Type,Type@host:port",
                "a=@h:1                | '' is no event type",
                "a=A,@h:1              | '' is no event type",
                "Big=A@h:1             | small letters",
                "a=A@h                 | 'h' is not host:port",
                "a=A@h:70000           | 'h:70000' is not host:port",
                "a=A@:1                | ':1' is not host:port",
            })
    void aMistakeIsSaidInOneLine(String written, String complaint) {
        String said = assertThrows(IllegalArgumentException.class, () -> PipelineSettings.parse(written))
                .getMessage();
        assertTrue(said.contains(complaint), said);
        assertFalse(said.contains("\n"));
    }
}
