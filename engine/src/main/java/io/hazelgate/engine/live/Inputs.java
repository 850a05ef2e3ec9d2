package io.hazelgate.engine.live;

import io.hazelgate.engine.lanes.Lanes;
import io.hazelgate.engine.log.KnownEvents;
import io.hazelgate.engine.projector.Input;
import io.hazelgate.engine.wire.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * Makes of events what the projector is given: each with its lane, and the next position there.
 *
 * @param laneIn the pipeline's lane in a partition
 */
record Inputs(Lanes lanes, IntUnaryOperator laneIn) {
    static List<Input> withoutPlaces(List<Received> events) {
        return events.stream()
                .map(event -> new Input(event.envelope(), 0, 0, Clock.iso(event.receivedAt()), null, null))
                .toList();
    }

    /** @param found stored records that are to be applied in front of the events */
    List<Input> of(List<Received> events, List<byte[]> found) {
        int[] laneNumbers = events.stream()
                .mapToInt(event -> laneIn.applyAsInt(event.partition(lanes)))
                .toArray();
        long[] positions = lanes.next(laneNumbers.length);
        List<Input> inputs = new ArrayList<>(found.size() + events.size());
        found.forEach(record -> inputs.add(Input.found(record, 0, 0, Clock.iso(Clock.micros()))));
        for (int i = 0; i < laneNumbers.length; i++) {
            Received event = events.get(i);
            inputs.add(new Input(
                    event.envelope(), laneNumbers[i], positions[i], Clock.iso(event.receivedAt()), null, null));
        }
        return inputs;
    }

    /** The same inputs, the last of which are of these events, with what is known of them. */
    static List<Input> withKnown(List<Input> inputs, List<Received> events, KnownEvents known) {
        List<Input> with = new ArrayList<>(inputs);
        int foundCount = inputs.size() - events.size();
        for (int i = 0; i < events.size(); i++) {
            String eventId = events.get(i).eventId();
            with.set(
                    foundCount + i,
                    inputs.get(foundCount + i).with(known.idRecord(eventId), known.storedRecord(eventId)));
        }
        return with;
    }
}
