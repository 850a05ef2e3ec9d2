package io.hazelgate.engine.snapshot;

import io.hazelgate.engine.wire.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which snapshots can be the base of some views: all of the views are in it, made by the code of today, and it is old enough.
 *
 * <p>A checkpoint, a position or an instant, is where the result is to be folded anew from: so a snapshot must not hold anything of what
 * came after it.
 */
final class Choice {
    /** The newest, whatever its age. */
    static final String LATEST = "latest";

    private final Map<String, Set<String>> codeOfViews;
    private final boolean otherCode;
    private final List<String> passedOver = new ArrayList<>();

    /**
     * @param codeOfViews by view that is wanted, the fingerprints of the code of today
     * @param otherCode whether the code does not matter
     */
    Choice(Map<String, Set<String>> codeOfViews, boolean otherCode) {
        this.codeOfViews = codeOfViews;
        this.otherCode = otherCode;
    }

    /**
     * Those that can be used, in the order given.
     *
     * @param from the id of one, {@link #LATEST}, a position, or an ISO 8601 instant
     * @throws IllegalArgumentException there is none; the message says why not, and what to do
     */
    List<Manifest> of(String from, List<Manifest> snapshots, Map<String, String> damaged) {
        List<Manifest> usable = new ArrayList<>();
        if (damaged.containsKey(from)) {
            throw new IllegalArgumentException(damaged.get(from));
        }
        boolean isId = snapshots.stream().anyMatch(each -> each.id().equals(from));
        long position = from.matches("[0-9]{1,18}") ? Long.parseLong(from) : -1;
        long instant = isId || position >= 0 || from.equals(LATEST) ? -1 : Clock.parse(from);
        if (!isId && position < 0 && instant < 0 && !from.equals(LATEST)) {
            throw new IllegalArgumentException("there is no snapshot " + from + ", and it is neither " + LATEST
                    + ", nor a position, nor an instant like 2026-11-23T17:45:00Z");
        }
        for (Manifest snapshot : snapshots) {
            if (isId && !snapshot.id().equals(from)) {
                continue;
            }
            String reason = position >= 0 && snapshot.upTo() > position
                    ? "it goes up to position " + snapshot.upTo()
                    : instant >= 0 && Clock.parse(snapshot.completedAt()) > instant
                            ? "it was completed at " + snapshot.completedAt()
                            : unfit(snapshot);
            if (reason == null) {
                usable.add(snapshot);
            } else {
                passedOver.add(snapshot.id() + " is not used: " + reason);
            }
        }
        damaged.values().forEach(passedOver::add);
        if (usable.isEmpty()) {
            throw new IllegalArgumentException("no snapshot can be used"
                    + (passedOver.isEmpty() ? ", there is none" : ": " + String.join("; ", passedOver))
                    + ". Without one the views are built from the first event");
        }
        return usable;
    }

    List<String> passedOver() {
        return passedOver;
    }

    private String unfit(Manifest snapshot) {
        for (Map.Entry<String, Set<String>> view : codeOfViews.entrySet()) {
            List<String> code = snapshot.views().get(view.getKey());
            if (code == null) {
                return "it does not hold " + view.getKey();
            }
            if (!otherCode && !view.getValue().containsAll(code)) {
                return view.getKey() + " was made by other code (" + String.join(", ", code) + ", today's is "
                        + String.join(", ", view.getValue()) + ")";
            }
        }
        return null;
    }
}
