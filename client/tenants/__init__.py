"""
Tenants: a cluster as one of them sees it, so that nothing above knows that there are others.

- `cluster.py` the cluster of one tenant: the one place where plain ids become stored ones, and back
- `stored.py` entries, records and completions with plain ids
- `topics.py` messages of a topic, each to its tenant

It imports `client.cluster`, `client.reading` and `sourcing`.
"""
