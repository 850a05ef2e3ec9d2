-- The statements of the log, each under its name.

-- name: probe
-- Fails where the tables are not as this release needs them.
SELECT position, run, log_identity.id FROM event_store JOIN lane_owners USING (lane) CROSS JOIN log_identity LIMIT 0

-- name: log id
SELECT id FROM log_identity

-- name: own
INSERT INTO lane_owners (lane, run) SELECT lane, ? FROM unnest(?) AS wanted(lane)
ON CONFLICT (lane) DO UPDATE SET run = excluded.run

-- name: lanes of others
SELECT lane FROM unnest(?) AS wanted(lane)
WHERE NOT EXISTS (SELECT FROM lane_owners own WHERE own.lane = wanted.lane AND own.run = ?)

-- name: append
-- The rows are inserted only while their lanes are the run's. The locks are held to the statement's end. A run that takes a lane
-- over waits for a batch that is under way, and the next batch finds that the lane is another's.
WITH own AS (SELECT lane FROM lane_owners WHERE lane = ANY(?) AND run = ? ORDER BY lane FOR SHARE)
INSERT INTO event_store (event_id, event_type, event_version, aggregate_type, aggregate_id, aggregate_sequence, event_data,
                         metadata, timestamp, correlation_id, causation_id, saga_id, saga_type, step_number, source, lane,
                         position, cursor, payload_hash, record)
SELECT event_id::uuid, event_type, event_version::int, aggregate_type, aggregate_id, aggregate_sequence::bigint,
       event_data::jsonb, metadata::jsonb, timestamp::timestamptz, correlation_id, causation_id, saga_id, saga_type,
       step_number::int, source, lane::int, position::bigint, cursor, payload_hash, record
FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[],
            ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[],
            ?::text[], ?::text[], ?::text[], ?::text[])
     AS new(event_id, event_type, event_version, aggregate_type, aggregate_id, aggregate_sequence, event_data,
            metadata, timestamp, correlation_id, causation_id, saga_id, saga_type, step_number, source, lane,
            position, cursor, payload_hash, record)
WHERE (SELECT count(*) FROM own) = ?

-- name: by id
SELECT cursor, record, payload_hash FROM event_store WHERE event_id = ANY(?)

-- name: by place
SELECT e.cursor, e.record, e.payload_hash
FROM unnest(?::text[], ?::text[], ?::bigint[]) AS wanted(aggregate_type, aggregate_id, aggregate_sequence)
JOIN event_store e USING (aggregate_type, aggregate_id, aggregate_sequence)

-- name: page
SELECT cursor, record, payload_hash FROM event_store WHERE cursor > ? ORDER BY cursor LIMIT ?

-- name: page of lanes
SELECT cursor, record, payload_hash FROM event_store WHERE cursor > ? AND lane = ANY(?) ORDER BY cursor LIMIT ?

-- name: count
SELECT count(*) FROM event_store

-- name: count below
SELECT count(*) FROM event_store WHERE cursor < ?

-- name: count between
SELECT count(*) FROM event_store WHERE cursor > ? AND cursor < ?

-- name: last position
SELECT coalesce((SELECT position FROM event_store ORDER BY cursor DESC LIMIT 1), 0)

-- name: cursor before the newest
SELECT cursor FROM event_store ORDER BY cursor DESC OFFSET ? LIMIT 1

-- name: decide
-- Kept only while the letter's place is the run's, as with a batch and its lanes.
WITH own AS (SELECT lane FROM lane_owners WHERE lane = ? AND run = ? FOR SHARE),
     kept AS (INSERT INTO dead_letter_decisions (dead_letter_id, decision) SELECT ?, ? FROM own
              ON CONFLICT (dead_letter_id) DO UPDATE SET decision = excluded.decision)
SELECT count(*) FROM own

-- name: undecide
WITH own AS (SELECT lane FROM lane_owners WHERE lane = ? AND run = ? FOR SHARE),
     gone AS (DELETE FROM dead_letter_decisions WHERE dead_letter_id = ? AND EXISTS (SELECT FROM own))
SELECT count(*) FROM own

-- name: decision
SELECT decision FROM dead_letter_decisions WHERE dead_letter_id = ?

-- name: decisions
SELECT dead_letter_id, decision FROM dead_letter_decisions
