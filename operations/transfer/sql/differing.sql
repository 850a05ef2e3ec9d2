-- Events that are there, but not as they are in the file; and others that have their place.
SELECT line, incoming.event_id::text
FROM incoming JOIN event_store known USING (event_id)
WHERE known.record <> incoming.record OR known.payload_hash <> incoming.payload_hash
UNION
SELECT line, incoming.event_id::text
FROM incoming JOIN event_store known USING (aggregate_id, aggregate_type, aggregate_sequence)
WHERE known.event_id <> incoming.event_id
UNION
SELECT line, incoming.event_id::text
FROM incoming JOIN event_store known USING (cursor)
WHERE known.event_id <> incoming.event_id
ORDER BY line
