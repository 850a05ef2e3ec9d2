"""
What all commands share: how options become settings, how a cluster and a domain are found, how tables, progress and
failures are shown.

It imports `client`, `projector` and `sourcing`, and of this room `postgres.options`; never a command.
"""
