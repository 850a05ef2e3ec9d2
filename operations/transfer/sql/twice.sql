-- Lines that say again what a line before them has said, or something else in its place.
SELECT line, event_id::text FROM (
    SELECT line, event_id,
           row_number() OVER (PARTITION BY event_id ORDER BY line) AS of_event,
           row_number() OVER (PARTITION BY aggregate_id, aggregate_type, aggregate_sequence ORDER BY line) AS of_place,
           row_number() OVER (PARTITION BY cursor ORDER BY line) AS of_cursor
    FROM incoming
) counted
WHERE of_event > 1 OR of_place > 1 OR of_cursor > 1
ORDER BY line
