"""
A shop that is kept busy, through the public GraphQL API alone.

It imports nothing of ours: it is a client like any other.
"""
