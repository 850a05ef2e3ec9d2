"""
GraphQL over HTTP and over websockets.

It imports `gateway.graphql` and `gateway.errors`.
"""
