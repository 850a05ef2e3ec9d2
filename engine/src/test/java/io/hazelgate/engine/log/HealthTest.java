package io.hazelgate.engine.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.logging.Logger;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HealthTest {
    private long seconds = 1_000;
    private final Health health =
            new Health(Logger.getLogger(HealthTest.class), () -> TimeUnit.SECONDS.toNanos(seconds));

    private void fail(String message, String state) {
        assertEquals(health.failed(new SQLException(message, state)).getMessage(), health.problem());
    }

    @Test
    void whoHasNotAskedYetDoesNotSayThatItIsAway() {
        assertFalse(health.isAsked());
        assertEquals("PostgreSQL has not been asked yet", health.problem());
    }

    @Test
    void anAnswerMakesItWell() {
        health.probing(true);
        health.answeredProbe();
        health.probing(false);
        assertTrue(health.isAsked());
        assertNull(health.problem());
    }

    @Test
    void aFailureIsToldInOneLine() {
        fail("Connection refused.\nCheck the host", "08001");
        assertTrue(health.isAsked());
        assertEquals("PostgreSQL is away: Connection refused.", health.problem());
    }

    @Test
    void theCauseOfAFailureIsToldWhereTheDriverKnowsIt() {
        health.failed(new SQLException("the pool has waited", new SQLException("no route to host")));
        assertEquals("PostgreSQL is away: no route to host", health.problem());
    }

    @Test
    void missingTablesAreToBeMigrated() {
        fail("relation \"event_store\" does not exist", "42P01");
        assertEquals(
                "PostgreSQL does not have the tables as this release needs them: run `hazelgate migrate`",
                health.problem());
    }

    @Test
    void aQueryThatPostgresEndedIsNotTakenForAnAbsence() {
        String told = Health.told(new SQLException("canceling statement due to statement timeout", "57014"));
        assertEquals("PostgreSQL took too long for a query: ask for less, or without a count", told);
    }

    @Test
    void aQuestionWithoutAnAnswerIsAProblemAfterSomeSeconds() {
        health.answered();
        health.appending(true);
        seconds += 3;
        assertNull(health.problem());
        seconds += 1;
        assertEquals("PostgreSQL is away: no answer for 4 s", health.problem());
        health.appending(false);
        assertNull(health.problem());
    }

    @Test
    void aProbeDoesNotHideWhatHasJustFailedWhileAnAppendIsUnderWay() {
        health.appending(true);
        fail("out of disk", "53100");
        health.answeredProbe();
        assertNotNull(health.problem());
        seconds += 4;
        health.answeredProbe();
        health.appending(false);
        assertNull(health.problem());
    }
}
