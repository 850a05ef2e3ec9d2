"""
The one-command stack: planned, run as services that are started again when they end, and ended as a whole.

It imports `java`, `member`, `ports` and `postgres` of this room, and `sourcing`. It starts commands as processes.
"""
