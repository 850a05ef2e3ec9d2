package io.hazelgate.engine.live;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One configured pipeline: {@code NAME=Type,Type@host:port}, where {@code *} stands for all types that no pipeline names.
 *
 * @param number its place among the pipelines, the same on all members; its lanes begin at this times the partition count
 * @param projector {@code host:port} of the projector that folds its events
 */
public record PipelineSettings(String name, int number, EventTypes eventTypes, String projector) {
    /** The pipeline for everything, where none is configured. */
    public static final String DEFAULT_NAME = "events";

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,39}");
    private static final Pattern EVENT_TYPE = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]*");
    private static final Pattern ADDRESS = Pattern.compile("[^\\s:@=]+:([0-9]{1,5})|\\[[0-9A-Fa-f:]+]:([0-9]{1,5})");
    private static final String ALL = "*";

    public static List<PipelineSettings> one(String projector) {
        return List.of(new PipelineSettings(DEFAULT_NAME, 0, EventTypes.all(), address("--projector", projector)));
    }

    /**
     * Reads what {@code hazelgate member} was told.
     *
     * @param text the {@code --pipeline} options, parted by semicolons
     * @throws IllegalArgumentException in a sentence for who wrote them
     */
    public static List<PipelineSettings> parse(String text) {
        List<Written> written = new ArrayList<>();
        for (String option : text.split(";")) {
            written.add(Written.parse(option.trim()));
        }
        check(written);
        boolean anyTakesTheRest = written.stream().anyMatch(Written::rest);
        List<PipelineSettings> pipelines = new ArrayList<>();
        for (int number = 0; number < written.size(); number++) {
            Written one = written.get(number);
            Set<String> others = new HashSet<>();
            written.stream().filter(other -> other != one).forEach(other -> others.addAll(other.types));
            EventTypes types = new EventTypes(one.types, one.rest, !anyTakesTheRest && number == 0, others);
            pipelines.add(new PipelineSettings(one.name, number, types, one.projector));
        }
        return List.copyOf(pipelines);
    }

    private static void check(List<Written> written) {
        Set<String> names = new HashSet<>();
        Map<String, String> pipelineOfType = new HashMap<>();
        String pipelineOfRest = null;
        for (Written one : written) {
            if (!names.add(one.name)) {
                throw wrong(one.name, "there are two pipelines of this name");
            }
            for (String type : one.types) {
                String other = pipelineOfType.put(type, one.name);
                if (other != null) {
                    throw wrong(
                            one.name, "pipeline " + other + " takes " + type + " already; name it in one of the two");
                }
            }
            if (one.rest && pipelineOfRest != null) {
                throw wrong(one.name, "pipeline " + pipelineOfRest + " takes * already; only one can take the rest");
            }
            pipelineOfRest = one.rest ? one.name : pipelineOfRest;
        }
    }

    private record Written(String name, Set<String> types, boolean rest, String projector) {
        static Written parse(String option) {
            int equals = option.indexOf('=');
            int at = option.lastIndexOf('@');
            if (equals < 0 || at < equals) {
                throw wrong(option, "it has to be NAME=Type,Type@host:port");
            }
            String name = option.substring(0, equals).trim();
            if (!NAME.matcher(name).matches()) {
                throw wrong(option, "a name is up to 40 small letters, digits and hyphens, and begins with a letter");
            }
            Set<String> types = new LinkedHashSet<>();
            boolean rest = false;
            for (String type : option.substring(equals + 1, at).split(",", -1)) {
                type = type.trim();
                if (type.equals(ALL) ? rest : !types.add(type)) {
                    throw wrong(name, type + " is named twice");
                }
                if (type.equals(ALL)) {
                    rest = true;
                } else if (!EVENT_TYPE.matcher(type).matches()) {
                    throw wrong(
                            option, "'" + type + "' is no event type; name them parted by commas, or * for the rest");
                }
            }
            return new Written(name, types, rest, address("--pipeline " + option, option.substring(at + 1)));
        }
    }

    /** Checks {@code host:port}; {@code where} begins the complaint. */
    public static String address(String where, String address) {
        var matcher = ADDRESS.matcher(address.trim());
        if (!matcher.matches()
                || Integer.parseInt(matcher.group(1) != null ? matcher.group(1) : matcher.group(2)) > 65_535) {
            throw new IllegalArgumentException(where + ": '" + address + "' is not host:port of a projector");
        }
        return address.trim();
    }

    private static IllegalArgumentException wrong(String which, String why) {
        return new IllegalArgumentException("--pipeline " + which + ": " + why);
    }
}
