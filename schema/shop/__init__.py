"""
The shop's customers, products and orders: what a user replaces.

It imports `schema.events`, the modules of `schema`, `domain` and `sourcing`.
"""
