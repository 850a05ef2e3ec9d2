"""
Requests of operators to a cluster: dead letters, rebuilds, snapshots, new code for a pipeline.

It imports `client.cluster`, `client.figures`, `client.reading`, `client.resolutions` and `sourcing`.
"""
