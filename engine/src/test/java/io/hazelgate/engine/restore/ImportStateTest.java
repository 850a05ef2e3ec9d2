package io.hazelgate.engine.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ImportStateTest {
    @Test
    void untilItIsKnownThatNothingWasThereNothingIsToBeUndone() {
        ImportState begun = ImportState.begun("i");
        assertFalse(begun.empty());
        assertTrue(begun.onNothing().empty());
    }

    @Test
    void itIsReadAsItWasWritten() {
        ImportState taken = ImportState.begun("i").onNothing().with(2, "c2").with(3, "c5");
        assertEquals(new ImportState("i", true, 5, "c5"), taken);
        assertEquals(taken, ImportState.of(taken.toJson()));
        assertNull(ImportState.of(null));
    }
}
