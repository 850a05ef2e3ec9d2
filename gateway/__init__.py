"""
The only part that clients see: the ASGI app with `/graphql`, `/health`, `/ready` and `/metrics`, its settings, and the
`hazelgate` command. It may import everything; nothing imports it.
"""
