"""
What an operator runs: the command line, `hazelgate dev`, the member's launcher, PostgreSQL, snapshots, the transfer of
logs, demo data.

It may import every other room but `benchmarks`; no room imports it.
"""
