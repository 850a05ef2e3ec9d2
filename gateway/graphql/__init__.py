"""
From a document to its answer: parsing and validation, the executable schema, execution.

It imports `gateway.errors`, `gateway.parts`, `resolvers`, `subscriptions` and `schema`.
"""
