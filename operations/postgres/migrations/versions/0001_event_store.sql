-- The log: one row per event, written once and never changed.
CREATE TABLE event_store (
    -- The event's id where it is a UUID, else a UUIDv5 of it; the record has the id itself.
    event_id           uuid        PRIMARY KEY,
    event_type         text        NOT NULL,
    event_version      integer     NOT NULL,
    aggregate_type     text        NOT NULL,
    aggregate_id       text        NOT NULL,
    -- 1, 2, 3… within the aggregate.
    aggregate_sequence bigint      NOT NULL,
    event_data         jsonb       NOT NULL,
    metadata           jsonb       NOT NULL,
    -- When the event was submitted.
    timestamp          timestamptz NOT NULL,
    -- In the order of inserting, with gaps: for people and reports. The pipeline goes by lane and position.
    sequence_number    bigserial   NOT NULL,
    correlation_id     text        NOT NULL,
    causation_id       text,
    saga_id            text,
    saga_type          text,
    step_number        integer,
    source             text        NOT NULL,
    -- Where the pipeline has stored it; cursor is both of them as one text that sorts.
    lane               integer     NOT NULL,
    position           bigint      NOT NULL,
    cursor             text        NOT NULL COLLATE "C",
    -- Tells a repeated submission from another event with the same id.
    payload_hash       text        NOT NULL,
    -- The record as it was stored, byte for byte: JSONB keeps neither the order of fields nor how a number was written.
    record             text        NOT NULL,
    CONSTRAINT event_store_place UNIQUE (aggregate_type, aggregate_id, aggregate_sequence)
);

-- Each index ends with the cursor where pages of it are read in the order of the log.
CREATE UNIQUE INDEX event_store_cursor ON event_store (cursor);
CREATE INDEX event_store_aggregate ON event_store (aggregate_id, cursor);
CREATE INDEX event_store_type ON event_store (event_type, cursor);
CREATE INDEX event_store_timestamp ON event_store (timestamp);
CREATE INDEX event_store_correlation ON event_store (correlation_id, cursor);
CREATE INDEX event_store_saga ON event_store (saga_id, cursor) WHERE saga_id IS NOT NULL;
CREATE INDEX event_store_position ON event_store (position);
