"""
PostgreSQL, as far as it is the command line's: its table, and a server of one's own for `hazelgate dev --postgres`.

Events are written and read by the engine (`engine/…/store`), never from here. What is imported here comes with the
extra `postgres`. It imports `sourcing` and `ports`, and nothing else of ours.
"""
