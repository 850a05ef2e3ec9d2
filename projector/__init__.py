"""
The process that folds: it upcasts, checks, numbers and folds batches of events. It imports `sourcing` alone.

Everything but `serving/` and `__main__.py` is pure: bytes in, bytes out.

From the bottom up, each imports only from those below it:

- `core/`: what every batch needs
- `letters/`, `replay/`: dead letters resolved; stored events folded once more
- `process.py`, `past.py`: one batch from delivery to outcomes and writes; an entry as it was at an instant
- `serving/`: the gRPC server, the supervisor of the worker, the watch over handlers
- `__main__.py`: the worker's entrance
"""
