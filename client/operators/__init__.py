"""
What operators ask of a cluster: dead letters, rebuilds, snapshots.

It imports `client.cluster`, `client.reading`, `client.resolutions` and `sourcing`.
"""
