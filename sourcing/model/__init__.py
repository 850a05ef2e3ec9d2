"""
What a domain's declarations mean to an API: names, fields and their types, indexes, links.

It imports `declaring`, `structure`, `sort_keys` and errors. The catalog makes and checks all of it when it is loaded.
"""
