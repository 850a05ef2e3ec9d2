package io.hazelgate.engine.live;

import io.hazelgate.engine.log.Store;
import io.hazelgate.engine.projector.Outcome;
import io.hazelgate.engine.wire.Change;
import io.hazelgate.engine.wire.Clock;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The stage "complete": what has become of each event goes to {@code completed-events}, then to the gateway that waits. */
record Complete(Pipeline pipeline) implements BatchStageP.Step {

    @Override
    public CompletableFuture<?> start(Batch batch) {
        batch.completedAt = Clock.micros();
        String refusedEnd = ",\"completedAt\":\"" + Clock.iso(batch.completedAt) + "\"}";
        String againEnd = ",\"viewUpdatedAt\":\"" + Clock.iso(batch.viewUpdatedAt) + "\",\"publishedAt\":\""
                + Clock.iso(batch.publishedAt) + "\"" + refusedEnd;
        String storedEnd = ",\"persistedAt\":\"" + Clock.iso(batch.persistedAt) + "\"" + againEnd;

        Store store = pipeline.shared().store();
        Notices notices = new Notices(store.hazelcast());
        List<Change> changes = new ArrayList<>(batch.outcomes.size());
        for (int i = 0; i < batch.outcomes.size(); i++) {
            Outcome outcome = batch.outcomes.get(i);
            if (outcome.kind() == Outcome.HELD) {
                continue;
            }
            String eventId = batch.events.get(i).eventId();
            String completion = Json.text(outcome.completion());
            String end =
                    switch (outcome.kind()) {
                        case Outcome.ACCEPTED, Outcome.ALREADY_STORED ->
                            completion.contains("\"persistedAt\":") ? againEnd : storedEnd;
                        default -> completion.contains("\"completedAt\":") ? "}" : refusedEnd;
                    };
            byte[] whole = Json.bytes(completion + end);
            boolean succeeded =
                    outcome.kind() == Outcome.ACCEPTED && !completion.contains("\"status\":\"DEAD_LETTERED\"");
            if (outcome.isNewRefusal() || succeeded) {
                changes.add(Change.set(eventId, whole));
            } else if (outcome.kind() != Outcome.ANSWER_ONLY) {
                // The first completion of an event stays: its times are true, and its letter may be gone by now.
                changes.add(Change.setIfAbsent(eventId, whole));
            }
            // An event that a view could not take brings no entry.
            byte[] entry = succeeded ? batch.changed.get(i).entry() : null;
            notices.add(outcome.replyTo(), completion, entry == null ? end : ",\"entry\":" + Json.text(entry) + end);
        }
        return store.entries().change(Names.COMPLETED_EVENTS, changes).thenRun(() -> {
            notices.send();
            count(batch);
        });
    }

    private void count(Batch batch) {
        for (int i = 0; i < batch.outcomes.size(); i++) {
            Outcome outcome = batch.outcomes.get(i);
            if (outcome.kind() == Outcome.ACCEPTED) {
                String submitted = Json.stringField(outcome.completion(), "timestamp");
                long received = batch.events.get(i).receivedAt();
                long submittedAt = submitted == null ? received : Clock.parse(submitted);
                pipeline.statistics()
                        .completed(
                                submittedAt,
                                received,
                                batch.persistedAt,
                                batch.viewUpdatedAt,
                                batch.publishedAt,
                                batch.completedAt);
            } else if (outcome.isNewRefusal()) {
                pipeline.statistics().rejected.increment();
            }
        }
    }
}
