"""Pages of views and of the log, and the histories of aggregates."""
