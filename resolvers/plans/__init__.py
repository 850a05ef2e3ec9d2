"""
Plans: operations compiled once, so that an answer needs no executor.

- `selections.py` the plan of a selection, `operations.py` of an operation: values that print and compare
- `planning.py` from a validated operation to its plan
- `variables.py`, `inputs.py`, `arguments.py` what a request gives to an operation and to its fields
- `reading.py` which part of an entry's JSON is decoded, `projecting.py` how entries become an answer
- `writing.py`, `source.py` the function that builds an answer, as Python
- `pages.py` connections, links and histories, `running.py` a whole operation
- `submitting.py` mutations, `results.py` how what comes of an event becomes an answer
- `executing.py` graphql-core's executor, with plans for the parts that have one; `turns.py` pauses of its long lists
- `incremental.py` the same for answers that come in parts
- `documents.py` the plans of one document, kept
- `deviations.py` why the executor answers after all

It imports `resolvers.derived`, `schema`, `client` and `sourcing`.
"""
