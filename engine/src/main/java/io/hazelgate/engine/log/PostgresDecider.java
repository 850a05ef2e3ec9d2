package io.hazelgate.engine.log;

import io.hazelgate.engine.log.Postgres.Statements;
import io.hazelgate.engine.wire.Json;
import java.util.UUID;

/**
 * Keeps decisions in PostgreSQL. It owns a place below the lanes in {@code lane_owners}, and the statement that keeps a decision looks
 * whether it does: whoever hangs, loses the turn and wakes up keeps nothing.
 *
 * <p>A place is that of many letters. Who was put off it by another letter, and still has the turn, takes it again.
 */
record PostgresDecider(Postgres postgres, String deadLetterId, int place, UUID run) implements Decider {
    private static final int PLACES = 64;

    static PostgresDecider of(Postgres postgres, String deadLetterId) {
        int place = -1 - Math.floorMod(deadLetterId.hashCode(), PLACES);
        PostgresDecider decider = new PostgresDecider(postgres, deadLetterId, place, UUID.randomUUID());
        decider.own();
        return decider;
    }

    private void own() {
        postgres.change(Statements.named("own"), run, new Integer[] {place});
    }

    @Override
    public byte[] decided() {
        return postgres.rows(Statements.named("decision"), row -> row.getBytes(1), deadLetterId).stream()
                .findFirst()
                .orElse(null);
    }

    @Override
    public void decide(byte[] decision, Runnable requireTurn) {
        requireTurn.run();
        while (!isKept(decision)) {
            own();
            requireTurn.run();
        }
    }

    private boolean isKept(byte[] decision) {
        long owned = decision == null
                ? postgres.number(Statements.named("undecide"), place, run, deadLetterId)
                : postgres.number(Statements.named("decide"), place, run, deadLetterId, Json.text(decision));
        return owned > 0;
    }
}
