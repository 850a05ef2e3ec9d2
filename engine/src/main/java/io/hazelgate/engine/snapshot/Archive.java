package io.hazelgate.engine.snapshot;

import com.github.luben.zstd.Zstd;
import com.hazelcast.internal.json.Json;
import com.hazelcast.internal.json.JsonArray;
import com.hazelcast.internal.json.JsonObject;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Where snapshots are kept, reached through a child process: the library that knows folders and all kinds of object storage is
 * Python's. Frames go over its standard input and output, as docs/reference/protocol.md has them.
 */
final class Archive {
    private static final int BUFFER = 1 << 16;
    private static final int MAX_FRAME = 256 * 1024 * 1024;
    private static final long END_SECONDS = 60;
    private static final long LIST_SECONDS = 30;
    private static final long EXPECTED_SECONDS = 10;

    private final SnapshotSettings settings;
    private final AtomicReference<Child> reader = new AtomicReference<>();

    Archive(SnapshotSettings settings) {
        this.settings = settings;
    }

    /** {@code {"location","snapshots":[manifest,…],"damaged":[{"id","problem"},…]}}, the newest first. */
    JsonObject list() throws SnapshotUnusable {
        Child waiting = takeWaiting();
        Child child = waiting == null ? start(List.of("read")) : waiting;
        CompletableFuture<Void> answered = child.endUnless(LIST_SECONDS);
        try {
            child.ask("\"list\"");
            byte[] answer = child.next();
            if (waiting == null) {
                end(child);
            } else {
                keepWaiting(child);
            }
            return Json.parse(new String(answer, StandardCharsets.UTF_8)).asObject();
        } catch (IOException e) {
            SnapshotUnusable failure = child.failed(e);
            child.close();
            throw failure;
        } finally {
            answered.complete(null);
        }
    }

    /** A snapshot that is sent piece by piece; closed before it is finished, nothing of it stays. */
    Writing write(String id) throws SnapshotUnusable {
        List<String> words = new ArrayList<>(List.of("write", id, "--keep", String.valueOf(settings.keep())));
        if (settings.maxAgeSeconds() > 0) {
            words.addAll(List.of("--max-age-seconds", String.valueOf(settings.maxAgeSeconds())));
        }
        return new Writing(start(words));
    }

    /** A snapshot that comes piece by piece: what has come is only worth something once {@link Reading#next} has said the end. */
    Reading read(String id, Collection<String> maps) throws SnapshotUnusable {
        Child waiting = takeWaiting();
        Child child = waiting == null ? start(List.of("read")) : waiting;
        JsonArray wanted = new JsonArray().add(id);
        maps.forEach(wanted::add);
        return new Reading(child, wanted.toString());
    }

    /** Something is about to be read: what reads it is started meanwhile. It is not kept for long. */
    void expectReading() {
        try {
            keepWaiting(start(List.of("read")));
        } catch (SnapshotUnusable e) {
            // Whoever reads hears why.
            expectNothing();
        }
    }

    private void keepWaiting(Child child) {
        end(reader.getAndSet(child));
        CompletableFuture.delayedExecutor(EXPECTED_SECONDS, TimeUnit.SECONDS).execute(() -> {
            if (reader.compareAndSet(child, null)) {
                child.close();
            }
        });
    }

    /** Null where none waits. */
    private Child takeWaiting() {
        Child waiting = reader.getAndSet(null);
        return waiting == null || waiting.hasEnded() ? null : waiting;
    }

    /** Nothing is read after all. */
    void expectNothing() {
        end(reader.getAndSet(null));
    }

    private static void end(Child child) {
        if (child != null) {
            CompletableFuture.runAsync(child::close);
        }
    }

    private Child start(List<String> words) throws SnapshotUnusable {
        List<String> command = new ArrayList<>(settings.command());
        command.addAll(words);
        try {
            return new Child(new ProcessBuilder(command).start());
        } catch (IOException e) {
            throw new SnapshotUnusable("what keeps the snapshots can't be started: " + e.getMessage());
        }
    }

    static final class Writing implements AutoCloseable {
        private final Child child;

        private Writing(Child child) {
            this.child = child;
        }

        /** @param lines entries of one map, a line of JSON each */
        void send(String map, byte[] lines, int length) throws SnapshotUnusable {
            byte[] name = (map + '\n').getBytes(StandardCharsets.UTF_8);
            try {
                child.input.writeInt(name.length + length);
                child.input.write(name);
                child.input.write(lines, 0, length);
            } catch (IOException e) {
                throw child.failed(e);
            }
        }

        Manifest finish(byte[] unfinished) throws SnapshotUnusable {
            try {
                child.input.writeInt(unfinished.length);
                child.input.write(unfinished);
                child.input.writeInt(0);
                child.closeInput();
                byte[] manifest = child.next();
                child.requireSuccess();
                return Manifest.of(manifest);
            } catch (IOException e) {
                throw child.failed(e);
            }
        }

        @Override
        public void close() {
            child.close();
        }
    }

    /** Entries of one map, a line of JSON each, packed from {@code start} on. */
    record Piece(String map, byte[] frame, int start) {
        /** How many bytes the lines have. */
        int length() {
            long length = Zstd.getFrameContentSize(frame, start, frame.length - start);
            if (length < 0 || length > MAX_FRAME) {
                throw new IllegalStateException("a part of " + map + " says that it has " + length + " bytes");
            }
            return (int) length;
        }

        /** Writes the lines to the beginning of what has room for them; damage would have been found by the checksum before. */
        void unpack(byte[] lines) {
            int length = length();
            long written = Zstd.decompressByteArray(lines, 0, lines.length, frame, start, frame.length - start);
            if (written != length) {
                throw new IllegalStateException("a part of " + map + " can't be unpacked"
                        + (Zstd.isError(written) ? ": " + Zstd.getErrorName(written) : ""));
            }
        }
    }

    static final class Reading implements AutoCloseable {
        private final Child child;
        private final String wanted;

        private Reading(Child child, String wanted) {
            this.child = child;
            this.wanted = wanted;
        }

        Manifest manifest() throws SnapshotUnusable {
            try {
                child.ask(wanted);
                child.closeInput();
                return Manifest.of(child.next());
            } catch (IOException e) {
                throw child.failed(e);
            }
        }

        /** The next entries; null when that was all. */
        Piece next() throws SnapshotUnusable {
            try {
                byte[] frame = child.next();
                if (frame.length == 0) {
                    child.requireSuccess();
                    return null;
                }
                int nameEnd = 0;
                while (frame[nameEnd] != '\n') {
                    nameEnd++;
                }
                return new Piece(new String(frame, 0, nameEnd, StandardCharsets.UTF_8), frame, nameEnd + 1);
            } catch (IOException e) {
                throw child.failed(e);
            }
        }

        @Override
        public void close() {
            child.close();
        }
    }

    private static final class Child implements AutoCloseable {
        private final Process process;
        private final DataOutputStream input;
        private final DataInputStream output;
        private final CompletableFuture<String> said;

        Child(Process process) {
            this.process = process;
            input = new DataOutputStream(new BufferedOutputStream(process.getOutputStream(), BUFFER));
            output = new DataInputStream(new BufferedInputStream(process.getInputStream(), BUFFER));
            said = new CompletableFuture<>();
            Thread listener = new Thread(this::listen, "hazelgate-snapshot-listener");
            listener.setDaemon(true);
            listener.start();
        }

        private void listen() {
            try {
                said.complete(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).trim());
            } catch (IOException e) {
                said.complete("");
            }
        }

        boolean hasEnded() {
            return !process.isAlive();
        }

        void closeInput() throws IOException {
            input.close();
        }

        /** A line on its input. */
        void ask(String line) throws IOException {
            input.write((line + '\n').getBytes(StandardCharsets.UTF_8));
            input.flush();
        }

        /** Ends it after this time, unless what is answered is complete by then. */
        CompletableFuture<Void> endUnless(long seconds) {
            CompletableFuture<Void> answered = new CompletableFuture<>();
            answered.orTimeout(seconds, TimeUnit.SECONDS).exceptionally(late -> {
                process.destroyForcibly();
                return null;
            });
            return answered;
        }

        byte[] next() throws IOException {
            int size = output.readInt();
            if (size < 0 || size > MAX_FRAME) {
                throw new IOException("a frame of " + size + " bytes");
            }
            byte[] frame = new byte[size];
            output.readFully(frame);
            return frame;
        }

        void requireSuccess() throws SnapshotUnusable {
            try {
                if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                    throw failed(null);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new SnapshotUnusable("interrupted");
            }
        }

        /** What it said before it ended is the reason; the broken pipe is only how that was noticed. */
        SnapshotUnusable failed(IOException noticed) {
            String reason = "";
            try {
                if (process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                    reason = said.get(1, TimeUnit.SECONDS).lines().reduce("", (first, last) -> last);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
                reason = "";
            }
            if (reason.isEmpty()) {
                reason = "what keeps the snapshots ended"
                        + (noticed == null || noticed instanceof EOFException ? "" : ": " + noticed.getMessage());
            }
            return new SnapshotUnusable(reason);
        }

        @Override
        public void close() {
            // Its input ends where no end was sent: it takes that for a snapshot that was given up.
            try {
                input.close();
            } catch (IOException e) {
                process.destroy();
            }
            try {
                output.close();
                if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (IOException e) {
                process.destroy();
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }
}
