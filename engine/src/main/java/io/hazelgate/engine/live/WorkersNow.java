package io.hazelgate.engine.live;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the threads that process batches are doing just now: for a line of the log about lanes that stand still. */
final class WorkersNow {
    private static final String OURS = "io.hazelgate.";
    private static final int MOST_FRAMES = 10;

    private WorkersNow() {}

    /** Of each of these threads, by name, the method that it is in, and the engine's own that have led there; empty where there is none. */
    static String of(List<String> names) {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(each -> names.contains(each.getKey().getName()) && each.getValue().length > 0)
                .map(each -> each.getKey().getName() + doing(each.getValue()))
                .sorted()
                .collect(Collectors.joining("; "));
    }

    private static String doing(StackTraceElement[] stack) {
        List<StackTraceElement> ours = Arrays.stream(stack)
                .skip(1)
                .filter(frame -> frame.getClassName().startsWith(OURS))
                .limit(MOST_FRAMES)
                .toList();
        if (ours.isEmpty()) {
            return " has nothing to do";
        }
        return " is in "
                + Stream.concat(Stream.of(stack[0]), ours.stream())
                        .map(WorkersNow::text)
                        .collect(Collectors.joining(" < "));
    }

    private static String text(StackTraceElement frame) {
        String type = frame.getClassName();
        return type.substring(type.lastIndexOf('.') + 1) + "." + frame.getMethodName() + ":" + frame.getLineNumber();
    }
}
