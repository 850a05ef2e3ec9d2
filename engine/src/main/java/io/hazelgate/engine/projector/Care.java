package io.hazelgate.engine.projector;

import java.util.List;

/**
 * How a batch is to be asked about.
 *
 * @param careful the projector tells each call of the user's code before it makes it
 * @param failed calls that it is not to make
 */
public record Care(boolean careful, List<FailedCall> failed) {
    /** As fast as it goes. */
    public static final Care NONE = new Care(false, List.of());

    /**
     * A call that is not to be made again.
     *
     * @param message goes on behind the name of the handler
     */
    public record FailedCall(Crumb crumb, String message) {}
}
