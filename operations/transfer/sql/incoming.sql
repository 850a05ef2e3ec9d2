-- What is to be imported, with the line that it stood in. Gone with the transaction.
CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS
SELECT 0::bigint AS line, event_id, event_type, event_version, aggregate_type, aggregate_id, aggregate_sequence,
       ''::text AS event_data, ''::text AS metadata, timestamp, correlation_id, causation_id, saga_id, saga_type,
       step_number, source, lane, position, cursor, payload_hash, record
FROM event_store LIMIT 0
