"""
How resolvers read: reads of one request gathered, lists in pages, histories, entries as they were.

It imports `schema`, `client`, `projector` and `sourcing`.
"""
