"""
The process that folds: it upcasts, checks, numbers and folds batches of events, and does no I/O of its own.

It imports `sourcing` alone.

- `process.py` the entrance: one batch from what the engine delivered to outcomes and writes
- `core/` what every batch needs; `replay/` stored events folded again; `letters/` dead letters resolved
- `serving/` the process: gRPC, the supervisor, the watch over handlers
- `past.py` an entry as it was at an instant
"""
