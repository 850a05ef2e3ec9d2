"""
What operators ask and order: dead letters, pipelines, rebuilds, snapshots.

It imports `resolvers.context`, `resolvers.reading`, `schema`, `client` and `sourcing`.
"""
