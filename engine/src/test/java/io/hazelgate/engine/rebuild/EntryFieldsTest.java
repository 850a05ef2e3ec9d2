package io.hazelgate.engine.rebuild;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.hazelgate.engine.rebuild.Comparison.EntryFields;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EntryFieldsTest {
    private static String fields(String entry) {
        return EntryFields.of(entry.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void theFieldsStayAsTheyAre() {
        assertEquals(
                "{\"name\":\"a}\\\"{\",\"n\":1}",
                fields("{\"_meta\":{\"version\":3,\"keys\":{\"k\":\"}\\\"\"}},\"name\":\"a}\\\"{\",\"n\":1}"));
    }

    @Test
    void anEntryWithoutFieldsIsAnEmptyObject() {
        assertEquals("{}", fields("{\"_meta\":{\"version\":1}}"));
    }

    @Test
    void anEntryThatWasRemovedOrIsBlockedBeforeItsFirstEventIsNone() {
        assertNull(fields("{\"_meta\":{\"version\":1,\"absent\":true}}"));
        assertNull(fields("{\"_meta\":{\"version\":1,\"keys\":{},\"absent\":true}}"));
        assertNull(EntryFields.of(null));
    }
}
