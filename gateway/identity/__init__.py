"""
The callers of a gateway: how they say who they are, and how that is checked.

- `credentials.py` what a request or a socket brings along
- `tokens.py`, `key_sets.py` bearer tokens of an OpenID Connect issuer
- `api_keys.py` keys from a file, kept as hashes
- `proxies.py` headers of a proxy that is trusted
- `callers.py` from credentials to a caller with its rights
- `gate.py` the ASGI middleware that does so for each request

It imports `gateway.door`, `gateway.graphql`, `client.rights` and `sourcing`.
"""
