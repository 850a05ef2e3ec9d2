"""
From the cluster's `event-stream` topic to the subscribers of this process.

- `feed.py` one listener for the process, its events fanned out in memory
- `inbox.py` the bounded queue of each subscriber
- `streams.py` from an event to what one subscriber gets
- `event_streams.py`, `shop_streams.py`, `root.py` the fields of `Subscription`
- `context.py` what a subscription may ask of its request

It imports `schema`, `client` and `sourcing`.
"""
