"""The base classes and decorators that a domain is written with. It imports `errors` and what lies beside it."""
