"""
The operators' commands, a module a group; `gateway/cli.py` registers each with one line.

They talk to a running cluster, through `connecting`.
"""
