"""
The way in: an event becomes an envelope, and its submitter waits for the answer.

It imports `client.cluster`, `client.reading` and `sourcing`.
"""
