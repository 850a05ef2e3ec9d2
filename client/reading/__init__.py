"""
Reads: several as one, pages of a map, histories of aggregates. It imports `projector.past` and `sourcing`.

Functions that read take the reading itself as an argument, so nothing here knows the cluster.
"""
