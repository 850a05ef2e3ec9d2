"""
The GraphQL types: scalars, nodes, connections, event records, results of mutations (generic), and the shop's customers,
products and orders (what a user replaces). May import `sourcing` and `domain`; fields that read ask `info.context`.
"""
