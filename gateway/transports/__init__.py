"""
GraphQL over HTTP and over websockets.

- `http.py` requests and answers, `reading.py` from a request to its operations, `media.py`, `compression.py`
- `websocket.py` the protocol `graphql-transport-ws`
- `streams.py`, `event_streams.py` responses that stay open: server-sent events and multipart subscriptions
- `operations.py` what runs on a connection that stays open, `forms.py` how its results are written
- `outbox.py` what its shared subscriptions send, `frames.py` the way past ASGI's `send`

It imports `gateway.graphql`, `gateway.door`, `gateway.ending`, `gateway.graphiql` and `gateway.errors`.
"""
