"""
From `client.following` to the subscriptions of GraphQL.

- `streams.py` from an event to what one subscriber gets
- `event_streams.py`, `changes.py`, `live.py`, `root.py` the fields of `Subscription`
- `context.py` what a subscription may ask of its request

It imports `schema`, `client` and `sourcing`.
"""
