"""
GraphQL over HTTP and over websockets.

- `outbox.py` what a websocket's shared subscriptions send, `frames.py` the way past ASGI's `send`

It imports `gateway.graphql` and `gateway.errors`.
"""
