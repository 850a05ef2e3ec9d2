package io.hazelgate.engine.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hazelgate.engine.log.Postgres.Statements;
import org.junit.jupiter.api.Test;

class StatementsTest {
    @Test
    void aStatementComesWithoutItsComments() {
        assertEquals(
                "SELECT position, run, log_identity.id FROM event_store JOIN lane_owners USING (lane) CROSS JOIN log_identity LIMIT 0",
                Statements.named("probe"));
    }

    @Test
    void aNameThatTheResourceDoesNotHaveIsSaid() {
        assertThrows(IllegalArgumentException.class, () -> Statements.named("drop"));
    }
}
