"""
What reads and writes behind the types that are derived from a catalog (`schema.derived`).

It imports `resolvers.reading`, `resolvers.events`, `schema`, `client`, `projector` and `sourcing`.
"""
