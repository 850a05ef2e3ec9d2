"""
The GraphQL types that are derived from a catalog: of views, events, and the values in them.

Types only: what reads and writes behind their fields is handed in (`behind.Behind`). It imports `sourcing`.
"""
