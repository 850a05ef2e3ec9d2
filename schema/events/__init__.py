"""
Events of every domain: what is stored, how it fared, what a mutation answers, what a subscription delivers.

It imports the modules of `schema`, the client's values and `sourcing`.
"""
