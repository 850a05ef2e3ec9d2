package io.hazelgate.engine.log;

/** Who decides about a dead letter in its turn, as the log knows it. Whoever has the turn later fences it off. */
public interface Decider {
    /** Where the maps are the log. */
    Decider OF_MAPS = new Decider() {
        @Override
        public byte[] decided() {
            return null;
        }

        @Override
        public void decide(byte[] decision, Runnable requireTurn) {}
    };

    /**
     * What was decided before, JSON. Whoever did so may have gone before it was in the map.
     *
     * @return null where nothing is known beyond the maps
     * @throws LogAway it can't be read just now
     */
    byte[] decided();

    /**
     * Keeps a decision for good, before it counts.
     *
     * @param decision JSON, or null where there is none any more
     * @param requireTurn fails where the turn is another's by now
     * @throws LogAway it is not known whether it is kept: to be tried again
     */
    void decide(byte[] decision, Runnable requireTurn);
}
