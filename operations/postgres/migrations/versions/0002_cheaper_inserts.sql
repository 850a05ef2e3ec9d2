-- The highest position is that of the last cursor.
DROP INDEX event_store_position;

-- An aggregate's events are found by its place, too, when the id comes first in it.
ALTER TABLE event_store DROP CONSTRAINT event_store_place;
ALTER TABLE event_store ADD CONSTRAINT event_store_place UNIQUE (aggregate_id, aggregate_type, aggregate_sequence);
DROP INDEX event_store_aggregate;
