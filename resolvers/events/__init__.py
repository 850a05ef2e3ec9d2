"""
Events of every domain: stored events, how they fared, and the way from a mutation to the pipeline.

It imports `resolvers.context`, `resolvers.reading`, `schema`, `client` and `sourcing`.
"""
