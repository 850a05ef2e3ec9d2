"""
The shop's customers, products and orders: reading and changing them. A user replaces it.

It imports `resolvers.context`, `resolvers.reading`, `resolvers.events`, `schema`, `client`, `domain` and `sourcing`.
"""
