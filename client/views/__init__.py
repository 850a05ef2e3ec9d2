"""
Reads of a catalog's views, for the gateway and for programs alike.

Functions that read take `reads.Reads`, so nothing here knows the cluster. It imports `client.reading`, `projector.past`
and `sourcing`. What can't be served as it is asked for is an `InvalidArgument` that names the field.

- `names.py`, `filtering.py`: the language of filters, in the names of the API or of Python
- `cursors.py`, `pages.py`, `lists.py`, `entries.py`: which part of a list, and what is in it
- `past.py`: the events that formed an entry, and the entry as it was
"""
