"""
`hazelgate.connect`: events and views for programs in Python, in the classes of their domain.

It imports the rest of `client`, and `sourcing`. Nothing else of ours imports it but the façade.

- `connection.py`: the connection
- `views.py`: reads of one view
- `streams.py`: what is followed live
- `settings.py`: the same settings as a gateway's, from the same environment
"""
