package io.hazelgate.engine.network;

import java.util.concurrent.CompletionException;

/** A turn was lost while its member hung: another has it by now, and nothing more is written for it. */
public final class TurnLost extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    TurnLost(String what) {
        super("the turn at " + what + " was lost, as this member was not heard of for a while: try again");
    }

    /** Throws it where it is what a failure comes from; anything else as it is. */
    public static RuntimeException orElse(CompletionException failure) {
        return failure.getCause() instanceof TurnLost lost ? lost : failure;
    }
}
