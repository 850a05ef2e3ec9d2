package io.hazelgate.engine.live;

import io.hazelgate.engine.projector.Answer;
import io.hazelgate.engine.projector.Care;
import io.hazelgate.engine.projector.Input;
import io.hazelgate.engine.projector.Outcome;
import io.hazelgate.engine.projector.Write;
import io.hazelgate.engine.wire.Json;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The step "update views": writes entries, where nobody has changed them since the projector saw them.
 *
 * @param writer answers the events whose writes were refused
 * @param conflicts counts those events
 */
record UpdateViews(Writer writer, Again again, LongAdder conflicts) {
    private static final long MAX_BACKOFF_MILLIS = 1_000;

    /** Writes, as {@code EntryWriter.writeLettersFirst} does. */
    interface Writer {
        Set<Integer> write(List<Write> writes, Function<Write, List<String>> makers);
    }

    interface Again {
        Answer ask(long batchId, List<Input> inputs, Care care);
    }

    /**
     * Writes; what is refused is folded again as stored, and what becomes of it then is put into the outcomes.
     *
     * @param records of what was asked about, each as it is in the store
     * @param outcomes of the same
     * @param claimed the events of this batch that have claimed a write's entry
     * @return what each of them has changed, of the same. An event that an earlier run has stored may have changed more
     */
    List<Changed> update(
            Projected projected,
            List<byte[]> records,
            List<Outcome> outcomes,
            Function<Write, List<String>> claimed,
            Run run,
            Care care)
            throws InterruptedException {
        List<Changed> changed = Changed.nothing(outcomes.size());
        for (int i = 0; i < changed.size(); i++) {
            changed.get(i).keepShown(projected.inputs().get(i).envelope());
        }
        Changed.note(changed, projected.answer().writes(), index -> index);
        Set<Integer> refused = writer.write(projected.answer().writes(), claimed);
        for (long backoff = 1; !refused.isEmpty(); backoff = Math.min(MAX_BACKOFF_MILLIS, backoff * 2)) {
            run.troubled();
            conflicts.add(refused.size());
            List<Integer> places = List.copyOf(refused);
            places.forEach(place -> changed.get(place).decideAgain());
            Answer answer = again.ask(
                    projected.batchId(),
                    places.stream()
                            .map(place -> projected.inputs().get(place).with(null, records.get(place)))
                            .toList(),
                    care);
            for (int i = 0; i < places.size(); i++) {
                int place = places.get(i);
                outcomes.set(
                        place,
                        outcomes.get(place).asDecidedNow(answer.outcomes().get(i)));
            }
            Changed.note(changed, answer.writes(), places::get);
            refused = new TreeSet<>();
            // An event that an earlier run stored may have a claim of that run.
            Function<Write, List<String>> makers = write -> Stream.concat(
                            claimed.apply(write).stream(),
                            Arrays.stream(write.events())
                                    .mapToObj(index -> Json.stringField(records.get(places.get(index)), "eventId")))
                    .toList();
            for (int index : writer.write(answer.writes(), makers)) {
                refused.add(places.get(index));
            }
            Thread.sleep(backoff);
        }
        return changed;
    }
}
