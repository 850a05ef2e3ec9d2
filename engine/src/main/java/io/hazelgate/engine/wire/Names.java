package io.hazelgate.engine.wire;

import java.util.List;

/** What the maps, topics and services are called. docs/reference/protocol.md says what is in them. */
public final class Names {
    public static final String PENDING_EVENTS = "pending-events";
    public static final String EVENT_STORE = "event-store";
    public static final String EVENT_IDS = "event-ids";
    public static final String COMPLETED_EVENTS = "completed-events";
    public static final String DEAD_LETTER_EVENTS = "dead-letter-events";
    public static final String DEAD_LETTER_DECISIONS = "dead-letter-decisions";
    public static final String AGGREGATE_HEADS = "aggregate-heads";
    /** Which events are about to change which entries: nobody else may change those meanwhile. */
    public static final String CLAIMS = "entry-claims";

    public static final String POSITIONS = "positions";
    public static final String LANE_OWNERS = "lane-owners";
    public static final String PIPELINE_CONTROL = "pipeline-control";
    public static final String RECOVERY = "recovery";
    public static final String VIEW_GENERATIONS = "view-generations";
    public static final String REBUILDS = "rebuilds";
    public static final String REBUILD_PROGRESS = "rebuild-progress";
    public static final String SNAPSHOTS = "snapshots";
    public static final String TURNS = "turns";
    public static final String REBUILD_DIFFERENCES = "rebuild-differences";

    public static final String EVENT_STREAM_TOPIC = "event-stream";
    public static final String EVENT_TOPIC_PREFIX = "events.";
    public static final String COMPLETIONS_TOPIC_PREFIX = "completions.";

    /** Takes events in. Each executor has threads of its own, so that no kind of task waits behind another. */
    public static final String EXECUTOR = "hazelgate";
    /** Runs what members ask of one another: nothing that runs here waits for another member's threads. */
    public static final String MEMBERS_EXECUTOR = "hazelgate-members";

    public static final String READS_EXECUTOR = "hazelgate-reads";
    /** Runs what may have to ask PostgreSQL. */
    public static final String LOG_EXECUTOR = "hazelgate-log";

    public static final String OPERATORS_EXECUTOR = "hazelgate-operators";
    public static final String STATS_EXECUTOR = "hazelgate-stats";
    /** Runs what may look at many entries: such tasks take turns. */
    public static final String SCANS_EXECUTOR = "hazelgate-scans";

    public static final List<String> EXECUTORS = List.of(
            EXECUTOR,
            MEMBERS_EXECUTOR,
            READS_EXECUTOR,
            LOG_EXECUTOR,
            OPERATORS_EXECUTOR,
            STATS_EXECUTOR,
            SCANS_EXECUTOR);

    public static final String JOB_PREFIX = "hazelgate-";

    /** What the event store is sorted by. */
    public static final String CURSOR = "cursor";
    /** What dead letters are sorted by. Only those that are to be tried again have {@link #RETRY_AT}. */
    public static final String FAILED_AT = "failedAt";

    public static final String RETRY_AT = "retryAt";

    private Names() {}

    /** The event's id, by its key in {@code pending-events}: {@code <eventId>@<aggregateId>}, or {@code <eventId>/<submissionId>@<aggregateId>}. */
    public static String eventIdOf(String pendingKey) {
        int at = pendingKey.indexOf('@');
        String first = at < 0 ? pendingKey : pendingKey.substring(0, at);
        int beside = first.indexOf('/');
        return beside < 0 ? first : first.substring(0, beside);
    }

    /** How a claim of a view's entry is called; it is in the entry's partition. */
    public static String claimOf(String view, String key) {
        return view + '@' + key;
    }

    /** Under which key the first submission of the same event is pending; those beside it were made by other code. */
    public static String firstKeyOf(String pendingKey) {
        int beside = pendingKey.indexOf('/');
        int at = pendingKey.indexOf('@');
        return beside < 0 || beside > at ? pendingKey : pendingKey.substring(0, beside) + pendingKey.substring(at);
    }
}
