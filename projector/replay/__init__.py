"""
Stored events folded once more, for rebuilds and restarts. It imports `projector.core` and `sourcing`.

- `replaying.py`: the usual case, fast
- `refolding.py`: every case
"""
