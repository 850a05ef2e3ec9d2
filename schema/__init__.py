"""
The GraphQL types, and what their arguments must be like. It reads nothing and waits for nothing: a type says that a
field is there (`fields.resolved`), and `hazelgate.resolvers` says what answers it.

- `scalars.py`, `nodes.py`, `connections.py` what every type is made of
- `arguments.py` checks of arguments, with errors that name the argument
- `fields.py` fields that a resolver answers
- `events/` events, how they fared, results of mutations, streams
- `operators/` dead letters, pipelines, rebuilds, snapshots
- `derived/` the types of a domain, made of its catalog
- `enums.py` enums of other rooms, with a description of each value

It imports the client's values and `sourcing`.
"""
