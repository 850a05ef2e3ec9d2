"""
From the cluster's `event-stream` topic to the subscribers of this process: one listener, fanned out in memory, each
subscriber with its own bounded queue. May import `sourcing`, `domain` and `schema`.
"""
