"""
Reading and writing behind fields: the root fields, and what answers the fields that a type of `schema` only declares.

- `context.py` what a resolver may ask of its request
- `root.py` the roots of queries and mutations, and the resolvers of all types
- `nodes.py` any node by its id
- `requests.py` the reads of one request, gathered
- `reading/` pages of lists and histories as connections
- `events/` events of every domain: queries, `handleEvent`, the way from a mutation to the pipeline
- `operators/` dead letters, pipelines, rebuilds, snapshots
- `derived/` what reads and writes behind the fields that are derived from a domain

It imports `schema`, `client`, `projector` (the past of an entry) and `sourcing`.
"""
