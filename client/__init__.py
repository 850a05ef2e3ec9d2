"""
How a Python program talks to a cluster: the gateway, the command line, a script. It imports `projector` and `sourcing`.

- `cluster.py` everything that can be asked of a cluster, as one protocol
- `submitting/` `handle_event`: the way in, and the wait for the pipeline's answer
- `reading/` pages of views and of the log, histories of aggregates
- `figures/` what members say of themselves: pipelines, counters, latencies
- `operators/` dead letters, rebuilds, snapshots
- `hazelcast/` the real cluster, over Hazelcast's asyncio client
"""
