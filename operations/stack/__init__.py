"""
The one-command stack: planned, run as services that are started again when they end, and ended as a whole.

It imports `domain_check`, `java`, `member`, `ports` and `postgres` of this room, `client` and `sourcing`. It starts
commands as processes.
"""
