package io.hazelgate.engine.wire;

/** The ids of everything of ours that travels between members, or comes from a client. Ids below 100 are part of docs/reference/protocol.md. */
public final class Ids {
    public static final int FACTORY = 7101;

    public static final int SUBMIT_EVENTS = 1;
    public static final int READ_ENTRIES = 2;
    public static final int QUERY_ENTRIES = 3;
    public static final int PIPELINE_STATS = 4;
    public static final int RESOLVE_DEAD_LETTERS = 5;
    public static final int CONTROL_PIPELINE = 6;
    public static final int REBUILD = 7;
    public static final int IMPORT_EVENTS = 8;
    public static final int AGGREGATE_ENTRIES = 9;
    public static final int LOG_POSITIONS = 10;
    public static final int SELECT_ENTRIES = 11;
    public static final int TAKE_WISH = 12;
    public static final int RECEIVED = 100;
    public static final int READ_OPERATION = 101;
    public static final int CHANGE_OPERATION = 102;
    public static final int CHANGE_BACKUP_OPERATION = 103;
    public static final int VALUES = 104;
    public static final int FORWARDED_EVENTS = 105;
    public static final int COUNT_OPERATION = 106;
    public static final int CLAIM_OPERATION = 107;
    public static final int FENCED_WRITE = 108;
    public static final int FENCED_CLEAR_OPERATION = 109;
    public static final int REBUILD_STEP = 120;

    private Ids() {}
}
