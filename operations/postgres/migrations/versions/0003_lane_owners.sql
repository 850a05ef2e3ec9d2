-- The run of a pipeline that each lane belongs to. A batch is inserted only while all of its lanes are the run's that inserts it:
-- a member that hung and was replaced stores nothing any more.
CREATE TABLE lane_owners (
    lane integer PRIMARY KEY,
    run  uuid    NOT NULL
);
