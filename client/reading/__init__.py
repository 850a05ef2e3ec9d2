"""
Reads: several as one, pages of a map, histories of aggregates. It imports `projector.past` and `sourcing`.

What reads from the cluster takes a function for that, so nothing here knows the cluster.
"""
