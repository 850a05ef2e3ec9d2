"""
The projector: upcasts, checks, sequences and folds batches of events. Pure functions of what the engine hands over.

`process.py` is its entrance, `server.py` serves it to the engine over gRPC. It imports nothing but `sourcing`.
"""
