"""
The log on its way: out of a cluster or a PostgreSQL, as JSON Lines, and into an empty one.

It imports `operations.postgres`, `client` and `sourcing`. The commands that use it are in `operations.commands.log`.
"""
