"""
What an operator runs: the command `hazelgate` and all that it starts or looks after.

    cli             the command, put together from
    commands        a module a command
    command_line    what commands share: settings, connections, tables, progress
    stack           the one-command stack of `hazelgate dev`
    member, java    how a member is launched, and on which Java
    postgres        its tables, and a server of one's own
    snapshot_store  where snapshots of views are kept
    transfer        the log as a file, out of and into clusters and PostgreSQL
    demo            a busy shop

It may import every other room but `benchmarks`; no room imports it. Inside, import-linter has a contract of its floors.
"""
