"""
The web front: the app, HTTP, websockets, execution, errors, health, metrics, settings.

It imports `resolvers`, `subscriptions`, `schema`, `client` and `sourcing`.
"""
