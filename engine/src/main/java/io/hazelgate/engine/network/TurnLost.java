package io.hazelgate.engine.network;

/** A turn was lost while its member hung: another has it by now, and nothing more is written for it. */
public final class TurnLost extends IllegalStateException {
    TurnLost(String what) {
        super("the turn at " + what + " was lost, as this member was not heard of for a while: try again");
    }
}
