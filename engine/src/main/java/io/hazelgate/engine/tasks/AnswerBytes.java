package io.hazelgate.engine.tasks;

import java.io.ByteArrayOutputStream;

/** The bytes of an answer, which are bounded: an answer is in memory as a whole, here and where it is read. */
final class AnswerBytes extends ByteArrayOutputStream {
    static final int MAX_BYTES = 64 << 20;

    AnswerBytes() {
        super(4_096);
    }

    @Override
    public synchronized void write(int one) {
        require(1);
        super.write(one);
    }

    @Override
    public synchronized void write(byte[] bytes, int from, int length) {
        require(length);
        super.write(bytes, from, length);
    }

    /** Forgets what was written behind this. */
    synchronized void backTo(int size) {
        count = size;
    }

    private void require(int more) {
        if (count > MAX_BYTES - more) {
            throw new IllegalArgumentException(
                    "the answer has more than " + (MAX_BYTES >> 20) + " MiB: ask for fewer entries at once");
        }
    }
}
