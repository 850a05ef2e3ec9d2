-- JSON that JSONB can't hold (a number beyond all measure) makes this fail; then it is kept as a string, as the engine does.
INSERT INTO event_store (event_id, event_type, event_version, aggregate_type, aggregate_id, aggregate_sequence, event_data,
                         metadata, timestamp, correlation_id, causation_id, saga_id, saga_type, step_number, source, lane,
                         position, cursor, payload_hash, record)
SELECT event_id, event_type, event_version, aggregate_type, aggregate_id, aggregate_sequence, event_data::jsonb,
       metadata::jsonb, timestamp, correlation_id, causation_id, saga_id, saga_type, step_number, source, lane,
       position, cursor, payload_hash, record
FROM incoming
WHERE NOT EXISTS (SELECT FROM event_store known WHERE known.event_id = incoming.event_id)
ORDER BY cursor
