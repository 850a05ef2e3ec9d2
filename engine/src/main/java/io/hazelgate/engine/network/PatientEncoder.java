package io.hazelgate.engine.network;

import com.hazelcast.internal.networking.HandlerStatus;
import com.hazelcast.internal.server.ServerContext;
import com.hazelcast.internal.server.tcp.UnifiedProtocolEncoder;

/** Sends which protocol it speaks, and then lets the connection rest until the other side has said so, too. */
final class PatientEncoder extends UnifiedProtocolEncoder {
    PatientEncoder(ServerContext server) {
        super(server);
    }

    /**
     * Whatever the decoder signals wakes a blocked connection up. Where this encoder has just been replaced, the answer is not looked at.
     */
    @Override
    public HandlerStatus onWrite() {
        HandlerStatus status = super.onWrite();
        return status == HandlerStatus.CLEAN ? HandlerStatus.BLOCKED : status;
    }
}
