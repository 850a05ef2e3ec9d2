"""
The commands of `hazelgate`, a module each or one for a group; `operations.cli` registers them.

Those that start a process (`dev`, `member`, `projector`, `serve`, `demo`) import what they start when they are called.
The others are an operator's, and talk to a running cluster through `command_line.connecting`. A command imports all of
this room but `cli`.
"""
