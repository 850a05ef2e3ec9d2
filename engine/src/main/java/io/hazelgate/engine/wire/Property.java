package io.hazelgate.engine.wire;

/** Whole numbers that a member is told on its command line, as system properties. */
public final class Property {
    private Property() {}

    /** @throws IllegalArgumentException it is none, or out of range; the message says which would do */
    public static int whole(String name, int fallback, int least, int most) {
        String text = System.getProperty(name);
        if (text == null) {
            return fallback;
        }
        try {
            int value = Integer.parseInt(text.trim());
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // said below, with the range
        }
        throw new IllegalArgumentException("-D" + name + "=" + text + ": must be a whole number from " + least
                + (most == Integer.MAX_VALUE ? "" : " to " + most));
    }
}
