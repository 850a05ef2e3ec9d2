package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.JsonObject;
import com.hazelcast.internal.json.JsonValue;
import io.hazelgate.engine.tasks.EntryFilter.As;
import io.hazelgate.engine.wire.Json;
import io.hazelgate.engine.wire.JsonText;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Entries that are alike in what they are grouped by, and the figures over them. */
final class Group {
    private static final String NULL = "null";

    /** What is asked for; each field by its path. */
    record Shape(List<List<byte[]>> groupBy, List<List<byte[]>> sums, List<Extreme> extremes) {
        /** A field of which the least and the greatest value are asked for, and how its values compare. */
        record Extreme(List<byte[]> path, As as) {}

        static Shape parse(JsonObject request) {
            List<List<String>> numbers = paths(request, "numbers");
            List<List<String>> instants = paths(request, "instants");
            return new Shape(
                    paths(request, "groupBy").stream().map(Shape::utf8).toList(),
                    paths(request, "sums").stream().map(Shape::utf8).toList(),
                    paths(request, "extremes").stream()
                            .map(path -> new Extreme(
                                    utf8(path),
                                    numbers.contains(path)
                                            ? As.NUMBER
                                            : instants.contains(path) ? As.INSTANT : As.TEXT))
                            .toList());
        }

        private static List<List<String>> paths(JsonObject request, String name) {
            JsonValue paths = request.get(name);
            return paths == null
                    ? List.of()
                    : paths.asArray().values().stream().map(Json::texts).toList();
        }

        private static List<byte[]> utf8(List<String> path) {
            return path.stream().map(Json::bytes).toList();
        }

        /** Whether all that is asked for is how many entries there are. */
        boolean isCount() {
            return groupBy.isEmpty() && sums.isEmpty() && extremes.isEmpty();
        }

        /** What an entry has in the fields that are grouped by, as JSON. */
        String groupOf(byte[] json, int at) {
            List<String> values = new ArrayList<>();
            for (List<byte[]> path : groupBy) {
                int value = JsonText.find(json, at, path);
                int end = value == JsonText.NOT_JSON ? value : JsonText.afterValue(json, value);
                values.add(end == JsonText.NOT_JSON ? NULL : Json.text(json, value, end));
            }
            return "[" + String.join(",", values) + "]";
        }
    }

    private final Shape shape;
    private final String values;
    private final BigDecimal[] sums;
    private final Found[] minima;
    private final Found[] maxima;
    private long count;

    /** A value by which entries compare, and its characters. */
    private record Found(Object value, String text) {}

    /** @param values what its entries have in the fields that are grouped by */
    Group(Shape shape, String values) {
        this.shape = shape;
        this.values = values;
        sums = new BigDecimal[shape.sums.size()];
        Arrays.fill(sums, BigDecimal.ZERO);
        minima = new Found[shape.extremes.size()];
        maxima = new Found[shape.extremes.size()];
    }

    /** The figures of that many entries, of which nothing else is asked for. */
    static Group counted(Shape shape, long count) {
        Group group = new Group(shape, "[]");
        group.count = count;
        return group;
    }

    /** One more entry, which begins there. */
    void add(byte[] json, int at) {
        count++;
        for (int i = 0; i < sums.length; i++) {
            int value = JsonText.find(json, at, shape.sums.get(i));
            int end = value == JsonText.NOT_JSON ? value : JsonText.afterValue(json, value);
            BigDecimal number = end == JsonText.NOT_JSON ? null : Numbers.of(json, value, end);
            if (number != null) {
                sums[i] = sums[i].add(number);
            }
        }
        for (int i = 0; i < minima.length; i++) {
            As as = shape.extremes.get(i).as;
            int from = JsonText.find(json, at, shape.extremes.get(i).path);
            int to = from == JsonText.NOT_JSON ? from : JsonText.afterValue(json, from);
            Object value = to == JsonText.NOT_JSON ? null : as.read(json, from, to);
            if (value == null) {
                continue;
            }
            if (minima[i] == null || as.compare(value, minima[i].value) < 0) {
                minima[i] = new Found(value, text(json, from, to));
            }
            if (maxima[i] == null || as.compare(value, maxima[i].value) > 0) {
                maxima[i] = new Found(value, text(json, from, to));
            }
        }
    }

    private static String text(byte[] json, int from, int to) {
        return Json.string(Json.text(json, from, to));
    }

    String toJson() {
        String added =
                Arrays.stream(sums).map(BigDecimal::toPlainString).collect(Collectors.joining("\",\"", "\"", "\""));
        return Stream.of(
                        values,
                        String.valueOf(count),
                        sums.length == 0 ? "[]" : "[" + added + "]",
                        texts(minima),
                        texts(maxima))
                .collect(Collectors.joining(",", "[", "]"));
    }

    private static String texts(Found[] found) {
        return Arrays.stream(found)
                .map(each -> each == null
                        ? NULL
                        : com.hazelcast.internal.json.Json.value(each.text).toString())
                .collect(Collectors.joining(",", "[", "]"));
    }
}
