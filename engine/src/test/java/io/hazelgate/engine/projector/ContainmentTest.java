package io.hazelgate.engine.projector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.hazelcast.logging.Logger;
import io.hazelgate.engine.projector.Answerer.Life;
import io.hazelgate.engine.projector.Care.FailedCall;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class ContainmentTest {
    private final List<String> asked = new ArrayList<>();
    private final List<Integer> done = new ArrayList<>();
    private final List<FailedCall> failed = new ArrayList<>();
    private final LongAdder contained = new LongAdder();
    private final ScriptedProjector projector = new ScriptedProjector();

    /** Dies with its process at will; another process is there at once. */
    private static final class ScriptedProjector implements Answerer {
        int deaths;
        String ended = "";

        ProjectorAway die(Crumb crumb, String how) {
            deaths++;
            ended = how;
            return new ProjectorAway("it is gone", crumb, null);
        }

        @Override
        public void awaitReady() {}

        @Override
        public Life life() {
            return new Life("process " + deaths, ended);
        }
    }

    /** What happens when these events are asked about. */
    private interface Script {
        void play(List<String> events, Care care);
    }

    private void run(int events, Script script) throws Exception {
        Containment.Attempt<String, List<String>> attempt = (part, care) -> {
            asked.add((care.careful() ? "carefully " : "") + part.size());
            script.play(part, care);
            failed.addAll(care.failed());
            return part;
        };
        List<String> batch = IntStream.range(0, events).mapToObj(i -> "e" + i).toList();
        List<String> through = new ArrayList<>();
        new Containment<>(
                        projector,
                        id -> id,
                        attempt,
                        failure -> true,
                        contained,
                        Logger.getLogger(ContainmentTest.class))
                .process(batch, attempt, part -> {
                    done.add(part.size());
                    through.addAll(part);
                });
        assertEquals(batch, through, "each event goes through once, and in order");
    }

    private static boolean has(List<String> events, String id) {
        return events.contains(id);
    }

    private static Crumb fold(String eventId) {
        return new Crumb("fold", "f", eventId, "view", "key");
    }

    private static boolean isFailed(Care care, String eventId) {
        return care.failed().stream().anyMatch(call -> call.crumb().equals(fold(eventId)));
    }

    @Test
    void aDeathThatDoesNotComeAgainCostsOnePlainRetry() throws Exception {
        run(1_000, (events, care) -> {
            if (projector.deaths == 0) {
                throw projector.die(null, "");
            }
        });
        assertEquals(List.of("1000", "1000"), asked);
    }

    @Test
    void theCallThatFailedTwiceIsMarkedWithWhatHappened() throws Exception {
        run(250, (events, care) -> {
            if (has(events, "e120") && !isFailed(care, "e120")) {
                throw projector.die(care.careful() ? fold("e120") : null, "did not return within 5 s");
            }
        });
        assertEquals(List.of(new FailedCall(fold("e120"), "did not return within 5 s")), failed);
        assertEquals(List.of(100, 100, 50), done, "what comes before the bad event does not wait for it");
        assertEquals(4, projector.deaths, "two plain tries and two careful ones");
        assertEquals(1, contained.sum());
    }

    @Test
    void deathsAtDifferentCallsAreNobodysFault() throws Exception {
        run(10, (events, care) -> {
            if (projector.deaths < 9) {
                throw projector.die(care.careful() ? fold("e" + projector.deaths % 10) : null, "");
            }
        });
        assertEquals(List.of(), failed);
        assertEquals(0, contained.sum());
    }

    @Test
    void whoDiesWithoutACrumbIsNarrowedDownByHalves() throws Exception {
        run(4, (events, care) -> {
            if (events.size() > 1) {
                throw projector.die(null, "");
            }
        });
        assertEquals(List.of(1, 1, 1, 1), done);
        assertEquals(List.of(), failed);
    }

    @Test
    void severalBadEventsAreFoundOneAfterTheOther() throws Exception {
        run(10, (events, care) -> {
            for (String id : List.of("e3", "e7")) {
                if (!isFailed(care, id)) {
                    throw projector.die(care.careful() ? fold(id) : null, "ended its process");
                }
            }
        });
        assertEquals(
                List.of(fold("e3"), fold("e7")),
                failed.stream().map(FailedCall::crumb).toList());
        assertEquals(List.of(10), done);
    }

    @Test
    void whatIsTooLargeGoesInParts() throws Exception {
        run(10, (events, care) -> {
            if (events.size() > 3) {
                throw new BatchTooLarge("too much");
            }
        });
        assertEquals(List.of(2, 3, 2, 3), done);
        assertEquals(0, contained.sum());
    }

    @Test
    void anEventThatIsTooLargeByItselfFailsAsAWhole() throws Exception {
        run(2, (events, care) -> {
            if (has(events, "e1") && care.failed().isEmpty()) {
                throw new BatchTooLarge("too much");
            }
        });
        assertEquals(
                List.of(Crumb.ofEvent("e1")),
                failed.stream().map(FailedCall::crumb).toList());
        assertEquals(List.of(1, 1), done);
    }

    @Test
    void aProjectorThatFailsWithoutDyingIsContainedInTheSameWay() throws Exception {
        run(2, (events, care) -> {
            if (has(events, "e0") && care.failed().isEmpty()) {
                throw new ProjectorFailed("SystemExit", care.careful() ? fold("e0") : null, null);
            }
        });
        assertEquals(List.of(new FailedCall(fold("e0"), "failed: SystemExit")), failed);
    }

    @Test
    void whatFailsElsewhereIsTriedAgainAndCountsForNothing() throws Exception {
        run(5, (events, care) -> {
            if (asked.size() < 4) {
                throw new IllegalStateException("a member is on its way out");
            }
        });
        assertEquals(List.of("5", "5", "5", "5"), asked);
    }

    @Test
    void anOutageIsWaitedOutHoweverLongItTakes() throws Exception {
        run(5, (events, care) -> {
            if (asked.size() < 10) {
                throw new IllegalStateException(new TimeoutException("no answer"));
            }
        });
        assertEquals(Collections.nCopies(10, "5"), asked);
    }

    @Test
    void whatFailsForNoOutageEndsAtTheOneEventThatIsToBlame() throws Exception {
        run(4, (events, care) -> {
            if (has(events, "e2") && care.failed().isEmpty()) {
                throw new IllegalStateException("it can't be done");
            }
        });
        assertEquals(
                List.of(new FailedCall(
                        Crumb.ofEvent("e2"),
                        "failed in the engine: java.lang.IllegalStateException: it can't be done")),
                failed);
        assertEquals(List.of(2, 1, 1), done);
    }
}
