"""
How a Python program talks to a cluster: the gateway, the command line, a script. It imports `projector` and `sourcing`.

From the bottom up, each imports only from those below it. Only `hazelcast/` imports the package of that name.

- `figures/`, `reading/`, `resolutions.py`: what members say of themselves; reads; what became of a dead letter
- `cluster.py`: everything that can be asked of a cluster, as one protocol
- `state_log.py`: one line in the log for each change of what is known of a cluster
- `submitting/`, `operators/`: `handle_event`, the way in; what operators ask for
- `hazelcast/`: the real cluster. Its fake is `hazelgate.testing.memory`
"""
