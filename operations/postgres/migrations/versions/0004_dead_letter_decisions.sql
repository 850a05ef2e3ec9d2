-- What operators decided about dead letters. The log never changes, so whoever folds it again looks here.
CREATE TABLE dead_letter_decisions (
    -- Made of the event, the view and the entry.
    dead_letter_id text PRIMARY KEY,
    -- As docs/reference/protocol.md has it, byte for byte.
    decision       text NOT NULL
);
