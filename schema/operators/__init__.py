"""
What operators see: dead letters, pipelines and their figures, rebuilds, snapshots.

It imports `schema.events`, the modules of `schema`, the client's values and `sourcing`.
"""
