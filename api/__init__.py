"""
What a user's `api.py` is written with: own queries, mutations and subscriptions, fields on derived types, and routes.

- `declaring.py` the decorators, and what they register
- `context.py` what a function of the API gets: reads, the way in for events, who asks
- `loading.py` the module beside the domain, with routes and middleware; a mistake in it is one line
- `functions.py` from a user's function to a field of Strawberry
- `fields.py` all of it as fields of the derived schema

It imports `resolvers`, `subscriptions`, `schema`, `client` and `sourcing`.
"""

from hazelgate.api.context import Context, Info, Reads, context_of
from hazelgate.api.declaring import extend, mutation, query, subscription

__all__ = ["Context", "Info", "Reads", "context_of", "extend", "mutation", "query", "subscription"]
