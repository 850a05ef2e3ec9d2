-- Tells this log from any other: cursors name it, for a place in one log says nothing of another. It has one row, for good.
CREATE TABLE log_identity (
    id uuid PRIMARY KEY
);
INSERT INTO log_identity (id) VALUES (gen_random_uuid());
