"""
The real cluster, over the asyncio client of Hazelcast. It imports the rest of `client`, and `sourcing`.

- `cluster.py`: the cluster, and who is asked for what
- `configuration.py`, `failures.py`: how the client is set up, and what its errors mean
- `listeners.py`: topic listeners that live through reconnects
- `task_codec.py`: the tasks that members run, as bytes
"""
