"""The base classes and decorators that a domain is written with. It imports `sourcing.errors` alone."""
