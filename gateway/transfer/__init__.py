"""
The log on its way: out of a cluster or a PostgreSQL, as JSON Lines, and into an empty one.

May import `gateway.postgres` and `sourcing`; the commands that use it are in `gateway.commands.log`.
"""
