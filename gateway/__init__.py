"""
The web front alone.

- `app.py` the ASGI app, `server.py` the process that serves it, `settings.py` all that an operator can set
- `parts.py` what lives as long as the process, and the context of a request
- `transports/` GraphQL over HTTP and websockets, and the log's lines of failures
- `identity/` how callers say who they are, and how that is checked; `known_callers.py` makes it of the settings
- `websocket_protocol.py` uvicorn's websockets, with a way to write to many of them at once
- `graphql/` documents, the executable schema, execution, and how subscribers share one
- `latest.py` a bounded cache, `terms.py` how long a connection may stay open, `waiting.py` what a socket waits with
- `errors.py` what a client is told of an error
- `health.py`, `metrics.py`, `graphiql.py` the other pages

It imports `resolvers`, `subscriptions`, `schema`, `client` and `sourcing`.
"""
