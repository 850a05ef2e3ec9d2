"""
Windows of lists and histories, as connections show them. `client.views` reads them.

It imports `schema`, `client` and `sourcing`.
"""
