-- Aggregates that were imported and do not have their events 1, 2, 3… without a gap.
SELECT aggregate_type, aggregate_id, count(*), max(aggregate_sequence)
FROM event_store JOIN (SELECT DISTINCT aggregate_type, aggregate_id FROM incoming) imported
     USING (aggregate_type, aggregate_id)
GROUP BY aggregate_type, aggregate_id
HAVING count(*) <> max(aggregate_sequence) OR min(aggregate_sequence) <> 1
LIMIT 1
