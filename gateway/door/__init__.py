"""
The front door: who may ask at all, and how much of the gateway one client can take before it has asked.

It knows HTTP and sockets, and no GraphQL.
"""
