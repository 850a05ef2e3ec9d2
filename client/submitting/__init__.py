"""The way in: an event becomes an envelope, and its submitter waits for the answer."""
