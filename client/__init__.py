"""
How a Python program talks to a cluster: the gateway, the command line, a script. It imports `projector` and `sourcing`.

From the bottom up, each imports only from those below it. Only `hazelcast/` imports the package of that name.

- `reading/`: questions to a cluster, and how several become one
- `views/`: reads of a catalog's views: filters, lists in pages, the past
- `figures/`, `resolutions.py`: what members say of themselves; what became of a dead letter
- `event_stream.py`: what members tell of each event, and what a process wants of that
- `cluster.py`: everything that can be asked of a cluster, as one protocol
- `reads.py`: its reads, bounded
- `state_log.py`: one line in the log for each change of what is known of a cluster
- `submitting/`, `following/`, `operators/`: `handle_event`, the way in; live events and changes; what operators ask for
- `rights/`: what one caller may see and do: the one place that says so
- `connecting/`: `hazelgate.connect`, all of it for programs in Python
- `hazelcast/`: the real cluster. Its fake is `hazelgate.testing.memory`
"""
