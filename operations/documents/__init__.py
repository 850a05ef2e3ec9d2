"""
What is written of a catalog: Markdown, JSON Schema, AsyncAPI, and the GraphQL schema with what has changed of it.

It imports `gateway` (for the schema), `client` and `sourcing`.
"""
